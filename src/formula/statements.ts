// A derivation file to statements: one a line, continued by indentation, with the prose beside them. Each statement
// knows how to find the line and column of the file that a column of its own text came from, so every later error can
// point there. What a statement says is not looked at here beyond its first word. Next: derivation.ts.

import { demandText } from '../base/demand.ts';
import { nearest } from '../base/nearest.ts';
import { formulaError, type Locate } from './tokens.ts';

export const statementWords = [
  'title', 'source', 'declare', 'index', 'section', 'define', 'claim', 'amend', 'number', 'step',
] as const;
export type StatementWord = (typeof statementWords)[number];

export interface Statement {
  readonly word: StatementWord;
  /** The lines of the file without prose; empty where only prose stood, so that lines and columns can be counted in it. */
  readonly text: string;
  /** The column of `text` where what follows the word begins. */
  readonly start: number;
  /** The first line, counted from 1. */
  readonly lineNumber: number;
  readonly notes: readonly string[];
  readonly locate: Locate;
}

interface Draft { text: string; readonly lineNumber: number; readonly notes: string[] }

/** The statements of a file, and the prose of a file that has none. */
export function splitStatements(text: string, file: string): { statements: Statement[]; prose: string[] } {
  demandText(text, 'parseDerivation');
  const drafts: Draft[] = [];
  let prose: string[] = [];
  let open: Draft | null = null;
  for (const [at, line] of text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/).entries()) {
    const hash = line.indexOf('#');
    const code = (hash < 0 ? line : line.slice(0, hash)).trimEnd();
    const note = hash < 0 ? [] : [line.slice(hash + 1).replace(/^ /, '').trimEnd()];
    const indent: number = line.length - line.trimStart().length;
    const deep = indent >= 2 || line.startsWith('\t');
    const fail = (what: string, hint: string): Error => formulaError(line, indent, what,
      'a statement begins at the margin and goes on in lines indented by two or more spaces', hint,
      `${file}:${at + 1}`);
    if (code === '') {
      if (hash < 0) open = null;
      else if (deep && open !== null) open.notes.push(...note);
      else {
        prose.push(...note);
        open = null;
      }
    } else if (indent === 0) {
      open = { text: code, lineNumber: at + 1, notes: [...prose, ...note] };
      prose = [];
      drafts.push(open);
    } else if (!deep) {
      throw fail('found a line indented by one space', 'remove the space, or add one');
    } else if (open === null) {
      throw fail('found an indented line with no statement above it to continue',
        'begin it at the margin with a word such as claim');
    } else {
      // Lines of prose in between count too.
      open.text += '\n'.repeat(at + 1 - open.lineNumber - breaks(open.text)) + code;
      open.notes.push(...note);
    }
  }
  const last = drafts.at(-1);
  if (last === undefined) return { statements: [], prose };
  last.notes.push(...prose);
  return { statements: drafts.map((draft) => finish(draft, file)), prose: [] };
}

const breaks = (text: string): number => text.split('\n').length - 1;

/** Where the columns of a statement stand in its file. */
export function locateIn({ text, lineNumber }: Pick<Statement, 'text' | 'lineNumber'>, file: string): Locate {
  return (column) => {
    const from = text.lastIndexOf('\n', column - 1) + 1;
    const [line = ''] = text.slice(from).split('\n', 1);
    return { text: line, column: column - from, place: `${file}:${lineNumber + breaks(text.slice(0, from))}` };
  };
}

function finish({ text, lineNumber, notes }: Draft, file: string): Statement {
  const locate = locateIn({ text, lineNumber }, file);
  const found = text.split(/\s/, 1)[0] ?? '';
  const word = statementWords.find((each) => each === found);
  const { text: line, place } = locate(0);
  if (word === undefined) {
    const near = nearest(found, statementWords);
    const name = found.length > 40 ? `${found.slice(0, 40)}…` : found;
    throw formulaError(line, 0, `found '${name}' at the start of a statement`,
      `a statement begins with one of ${statementWords.join(', ')}`,
      near === null ? 'begin with one; indent a continuation by two spaces; begin prose with #'
        : `write ${near}`, place);
  }
  const start = word.length + (text.length - word.length - text.slice(word.length).trimStart().length);
  return { word, text, start, lineNumber, notes, locate };
}
