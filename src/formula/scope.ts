// What names mean: which section a name belongs to, whether it is declared or defined, what it depends on. No numbers
// here; `lower.ts` asks these questions while it turns formulas into steps.

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
  readonly #derivation: Derivation;
  readonly #indices = new Map<string, Map<string, string>>();

  constructor(derivation: Derivation) {
    this.#derivation = derivation;
  }

  get shared(): Section {
    return this.#derivation.sections[0]!;
  }

  section(id: string): Section | undefined {
    return this.#derivation.sections.find((section) => section.id === id);
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
      return other && this.#in(other, name.slice(dot + 1));
    }
    return this.#in(section, name) ?? (section === this.shared ? undefined : this.#in(this.shared, name));
  }

  #in(section: Section, name: string): Entity | undefined {
    const key = `${section.id}.${name}`;
    const definition = section.lines.find((line) => line.target?.name === name);
    if (definition !== undefined) return { key, name, section, definition };
    const declaration = section.declarations.find((d) => d.names.includes(name));
    return declaration && { key, name, section, declaration };
  }

  /** True when the value of a name changes with one of the given names. */
  dependsOn(entity: Entity, keys: ReadonlySet<string>, visited = new Set<string>()): boolean {
    if (keys.has(entity.key)) return true;
    if (entity.definition?.value === undefined || visited.has(entity.key)) return false;
    visited.add(entity.key);
    return this.#namesIn(entity.definition.value, entity.section).some((inner) => this.dependsOn(inner, keys, visited));
  }

  /** True when an expression rests on a name, by way of definitions too. */
  involves(e: Expr | Cond, section: Section, key: string): boolean {
    return this.#namesIn(e, section).some((entity) => this.dependsOn(entity, new Set([key])));
  }

  /** True when an expression ties samples together (a sum, mean or rank over samples) on the way to a name. */
  couplesSamples(e: Expr | Cond, section: Section, until: string, visited = new Set<string>()): boolean {
    if (e.kind === 'bound' && this.indices(section).get(e.index) === sampleAxis) return true;
    if (e.kind === 'name') {
      const entity = this.resolve(e.name, section);
      if (entity?.definition?.value === undefined || entity.key === until || visited.has(entity.key)) return false;
      visited.add(entity.key);
      return this.couplesSamples(entity.definition.value, entity.section, until, visited);
    }
    return childrenOf(e).some((child) => this.couplesSamples(child, section, until, visited));
  }

  /** Every declared name that expressions rest on, by way of definitions too. */
  declaredUnder(parts: readonly (Expr | Cond)[], section: Section): ReadonlySet<string> {
    const keys = new Set<string>();
    const visited = new Set<string>();
    const visit = (e: Expr | Cond, at: Section): void => {
      for (const entity of this.#namesIn(e, at)) {
        if (visited.has(entity.key)) continue;
        visited.add(entity.key);
        if (entity.declaration !== undefined) keys.add(entity.key);
        if (entity.definition?.value !== undefined) visit(entity.definition.value, entity.section);
      }
    };
    for (const part of parts) visit(part, section);
    return keys;
  }

  #namesIn(e: Expr | Cond, section: Section): Entity[] {
    const own = e.kind === 'name' ? [e.name, ...e.index] : [];
    const found = own.flatMap((name) => this.resolve(name, section) ?? []);
    return [...found, ...childrenOf(e).flatMap((child) => this.#namesIn(child, section))];
  }
}
