// A strict reader of JSON headers. Objects become Maps, so `__proto__` is a key like any other; a key given twice is an
// error where JSON.parse would silently keep the last; depth is bounded. Strings and numbers are handed to JSON.parse
// one token at a time; numbers are whole, since a header counts bytes and axes.

import type { Bad } from './elements.ts';

export type Json = string | number | boolean | null | readonly Json[] | ReadonlyMap<string, Json>;

const deepest = 8;
const space = /[ \t\n\r]*/y;
const token =
  /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?![\d.eE])|true|false|null|[{}[\],:]/y;

/** The value of a whole text, spaces around it allowed. */
export function parseJson(text: string, bad: Bad): Json {
  let at = 0;
  let current = '';
  const next = (): void => {
    space.lastIndex = at;
    at += space.exec(text)![0].length;
    token.lastIndex = at;
    current = token.exec(text)?.[0] ?? '';
    if (current === '' && at < text.length) throw bad(`the JSON of its header is broken at character ${at}`);
    at += current.length;
  };
  const demand = (wanted: string): void => {
    if (current !== wanted) {
      throw bad(
        `its header has ${current === '' ? 'an early end' : current.slice(0, 40)} before character ${at} where ${wanted} belongs`,
      );
    }
    next();
  };
  const string = (): string => {
    if (!current.startsWith('"')) demand('a string');
    const value = JSON.parse(current) as string;
    next();
    return value;
  };
  const value = (depth: number): Json => {
    if (depth > deepest) throw bad(`its header nests deeper than ${deepest}`);
    if (current === '{') return object(depth);
    if (current === '[') return list(depth);
    if (current.startsWith('"')) return string();
    if (current === '' || '}],:'.includes(current)) demand('a value');
    const plain = JSON.parse(current) as number | boolean | null;
    next();
    return plain;
  };
  const object = (depth: number): ReadonlyMap<string, Json> => {
    const entries = new Map<string, Json>();
    next();
    while (current !== '}') {
      if (entries.size > 0) demand(',');
      const key = string();
      if (entries.has(key)) throw bad(`its header names ${JSON.stringify(key.slice(0, 80))} twice`);
      demand(':');
      entries.set(key, value(depth + 1));
    }
    next();
    return entries;
  };
  const list = (depth: number): readonly Json[] => {
    const items: Json[] = [];
    next();
    while (current !== ']') {
      if (items.length > 0) demand(',');
      items.push(value(depth + 1));
    }
    next();
    return items;
  };
  next();
  const result = value(0);
  if (current !== '') throw bad(`its header goes on after its end, at character ${at}`);
  return result;
}
