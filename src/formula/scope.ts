// What names mean: which section a name belongs to, whether it is declared or defined, what it depends on. No numbers
// here; `lower.ts` asks these questions while it turns formulas into steps. One `Names` serves a whole derivation, which
// does not change: everything found once is kept.

import { type Declaration, indexNames } from './declarations.ts';
import type { Derivation, Line, Section } from './derivation.ts';
import { childrenOf, type Cond, type Expr } from './grammar.ts';
import { sampleAxis } from './named.ts';

/** What a name stands for; `key` is the same for every way of writing it. */
export interface Entity {
  readonly key: string;
  readonly name: string;
  readonly section: Section;
  readonly declaration?: Declaration;
  readonly definition?: Line;
}

export class Names {
  readonly derivation: Derivation;
  readonly #indices = new Map<string, Map<string, string>>();
  readonly #entities = new Map<string, Map<string, Entity>>();
  readonly #parts = new Map<string, readonly Entity[]>();

  constructor(derivation: Derivation) {
    this.derivation = derivation;
  }

  get shared(): Section {
    return this.derivation.sections[0]!;
  }

  section(id: string): Section | undefined {
    return this.derivation.sections.find((section) => section.id === id);
  }

  /** The indices of a section and the axis each ranges over. */
  indices(section: Section): ReadonlyMap<string, string> {
    let found = this.#indices.get(section.id);
    if (found === undefined) {
      found = indexNames(this.shared, section);
      this.#indices.set(section.id, found);
    }
    return found;
  }

  /** A name as a section reads it: its own meaning first, then the shared one; `sv.L` is the name L of section sv. */
  resolve(name: string, section: Section): Entity | undefined {
    const dot = name.lastIndexOf('.');
    if (dot > 0) {
      const other = this.section(name.slice(0, dot));
      return other && this.#in(other).get(name.slice(dot + 1));
    }
    return this.#in(section).get(name) ?? this.#in(this.shared).get(name);
  }

  #in(section: Section): ReadonlyMap<string, Entity> {
    let found = this.#entities.get(section.id);
    if (found !== undefined) return found;
    found = new Map();
    const entity = (name: string) => ({ key: `${section.id}.${name}`, name, section });
    for (const declaration of section.declarations) {
      for (const name of declaration.names) found.set(name, { ...entity(name), declaration });
    }
    for (const definition of section.lines) {
      const name = definition.target?.name;
      if (name !== undefined) found.set(name, { ...entity(name), definition });
    }
    this.#entities.set(section.id, found);
    return found;
  }

  /** True when the value of a name changes with one of the given names. */
  dependsOn(entity: Entity, keys: ReadonlySet<string>): boolean {
    return this.#under([entity]).some(({ key }) => keys.has(key));
  }

  /** True when an expression rests on a name, by way of definitions too. */
  involves(e: Expr | Cond, section: Section, key: string): boolean {
    return this.#under(this.#namesIn(e, section)).some((entity) => entity.key === key);
  }

  /** True when an expression ties samples together (a sum, mean or rank over samples) on the way to a name. */
  couplesSamples(e: Expr | Cond, section: Section, until: string): boolean {
    const visited = new Set([until]);
    const open: { readonly node: Expr | Cond; readonly section: Section }[] = [{ node: e, section }];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { node, section: at } = next;
      if (node.kind === 'bound' && this.indices(at).get(node.index) === sampleAxis) return true;
      for (const child of childrenOf(node)) open.push({ node: child, section: at });
      const entity = node.kind === 'name' ? this.resolve(node.name, at) : undefined;
      if (entity?.definition?.value === undefined || visited.has(entity.key)) continue;
      visited.add(entity.key);
      open.push({ node: entity.definition.value, section: entity.section });
    }
    return false;
  }

  /** Every declared name that expressions rest on, by way of definitions too. */
  declaredUnder(parts: readonly (Expr | Cond)[], section: Section): ReadonlySet<string> {
    return new Set(this.#resting(parts, section).filter(({ declaration }) => declaration !== undefined).map(({ key }) => key));
  }

  /** Every definition that expressions rest on, by way of others too, in the order of the derivation. */
  definitionsUnder(parts: readonly (Expr | Cond)[], section: Section): Entity[] {
    const found = new Set(this.#resting(parts, section).map(({ key }) => key));
    return this.derivation.sections.flatMap((each) => each.lines.flatMap((line) =>
      (line.target !== undefined && found.has(`${each.id}.${line.target.name}`) ? this.resolve(line.target.name, each)! : [])));
  }

  #resting(parts: readonly (Expr | Cond)[], section: Section): Entity[] {
    return this.#under(parts.flatMap((part) => this.#namesIn(part, section)));
  }

  /** These names and all that their definitions speak of, each once; definitions may be chained as long as they like. */
  #under(start: readonly Entity[]): Entity[] {
    const found = new Map(start.map((entity) => [entity.key, entity]));
    // A map goes on to what is added while it is read.
    for (const entity of found.values()) {
      for (const part of this.#partsOf(entity)) if (!found.has(part.key)) found.set(part.key, part);
    }
    return [...found.values()];
  }

  #partsOf({ key, definition, section }: Entity): readonly Entity[] {
    const known = this.#parts.get(key);
    if (known !== undefined) return known;
    const parts = definition?.value === undefined ? [] : this.#namesIn(definition.value, section);
    this.#parts.set(key, parts);
    return parts;
  }

  #namesIn(e: Expr | Cond, section: Section): Entity[] {
    const own = e.kind === 'name' ? [e.name, ...e.index] : [];
    const found = own.flatMap((name) => this.resolve(name, section) ?? []);
    return [...found, ...childrenOf(e).flatMap((child) => this.#namesIn(child, section))];
  }
}
