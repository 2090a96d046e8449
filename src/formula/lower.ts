// What a formula means: its syntax tree becomes steps of the open trace, by named axes. Definitions are lowered when a
// line first needs them, each under its own label, so a derivative can be taken with respect to any of them.
// A lowering also notes what a proof needs: every derivative it took and every condition it selected by.

import { DomainError, FormatError, MarginaliaError, message } from '../base/errors.ts';
import { currentRecorder, label, lift, type Tensor } from '../graph/index.ts';
import * as P from '../primitives/index.ts';
import type { Origin } from './declarations.ts';
import type { Section } from './derivation.ts';
import { derivativeOf } from './differentiate.ts';
import { boundForm, callForm } from './forms.ts';
import { type AtExpr, type CompareCond, type Cond, constantOf, type Expr, type NameExpr } from './grammar.ts';
import type { DerivativeQuery, Meaning } from './meaning.ts';
import { combine, type Named, named, pick, renamed, sampleAxis, stretchTo } from './named.ts';
import { printExpr } from './print.ts';
import type { Entity, Names } from './scope.ts';
import { locateIn } from './statements.ts';
import { formulaError, limits } from './tokens.ts';

/** The numbers a derivation is run at: a size per axis and a Float64 tensor per declared name. */
export interface Point {
  readonly sizes: ReadonlyMap<string, number>;
  /** By `section.name`; shared names begin with a dot. Label maps are whole numbers over samples. */
  readonly values: ReadonlyMap<string, Tensor>;
}

/** A condition some quantity was selected by, where it held, and the arms it stands in: elsewhere nobody asks it. */
export interface Branch {
  readonly cond: Cond;
  readonly mask: Named;
  readonly section: Section;
  readonly inside: readonly { readonly branch: Branch; readonly holds: boolean }[];
  /** The names whose values `at` replaces there, by key; with the number, where it is one. */
  readonly given: ReadonlyMap<string, number | undefined>;
}

/** Values that replace those of names, with everything that depends on them computed anew. */
interface Environment {
  readonly overrides: ReadonlyMap<string, Named>;
  readonly values: Map<string, Named>;
  readonly given: Branch['given'];
  readonly outer: Environment | undefined;
  /** The bindings as text, for the names of derivatives taken here. */
  readonly text: string;
}

/** The text columns count in, and where it stands when it is from a file. */
export type Statement = Pick<Origin, 'text'> & Partial<Origin>;

export class Lowering implements Meaning {
  readonly names: Names;
  readonly point: Point;
  readonly derivatives: DerivativeQuery[] = [];
  readonly branches: Branch[] = [];
  section: Section;
  #environment: Environment = { overrides: new Map(), values: new Map(), given: new Map(), outer: undefined, text: '' };
  readonly #open = new Set<string>();
  #inside: Branch['inside'] = [];
  /** How many forms are being lowered inside one another. */
  #depth = 0;
  /** The statement being lowered, for errors. */
  #statement: Statement;

  constructor(names: Names, section: Section, point: Point, statement: Statement = { text: '' }) {
    this.names = names;
    this.section = section;
    this.point = point;
    this.#statement = statement;
  }

  /** An error at the column of a node of the statement being lowered. */
  fail(node: { readonly column?: number }, what: string, rule: string, hint: string): Error {
    const { text, lineNumber } = this.#statement;
    const column = node.column ?? 0;
    if (lineNumber === undefined) return formulaError(text, column, what, rule, hint);
    const spot = locateIn({ text, lineNumber }, this.names.derivation.file ?? 'derivation')(column);
    return formulaError(spot.text, spot.column, what, rule, hint, spot.place);
  }

  /** How many positions an index has. */
  size(index: string): number {
    const axis = this.names.indices(this.section).get(index) ?? index;
    const size = this.point.sizes.get(axis);
    if (size === undefined) throw new DomainError(message(`the axis ${axis} has no size`, 'A point gives every axis a size', 'Declare an array over it'));
    return size;
  }

  expr(e: Expr): Named {
    this.#depth += 1;
    try {
      if (this.#depth > limits.depth) {
        throw this.fail(e, `this rests on ${this.#open.size} definitions, one on the other`,
          `formulas written into one another go ${limits.depth} forms deep at most`, 'declare a quantity on the way');
      }
      return this.#expr(e);
    } catch (error) {
      // What an op says of shapes and values, a reader wants to read beside the formula it comes from.
      if (!(error instanceof MarginaliaError) || error instanceof FormatError) throw error;
      const [what = '', rule] = error.message.replace(/\.$/, '').split('. ');
      throw this.fail(e, what, rule ?? 'the formula has a value at every point', 'check the axes and the values of its parts');
    } finally {
      this.#depth -= 1;
    }
  }

  #expr(e: Expr): Named {
    switch (e.kind) {
      case 'number': return named(lift(e.value, 'f64'), []);
      case 'name': return this.#name(e);
      case 'negate': return combine([this.expr(e.of)], P.neg);
      case 'binary': return combine([this.expr(e.left), this.expr(e.right)], { '+': P.add, '-': P.sub, '*': P.mul, '/': P.div, '^': P.pow }[e.op]);
      case 'call': return callForm(this, e);
      // Its index is not one of the same name outside.
      case 'bound': return this.#under(this.#inside.filter(({ branch }) => !branch.mask.axes.includes(e.index)), () => boundForm(this, e));
      case 'select': {
        const mask = this.branch(e.cond);
        const branch = this.branches.at(-1)!;
        const arm = (holds: boolean, of: Expr): Named => this.#under([...this.#inside, { branch, holds }], () => this.expr(of));
        return combine([mask, arm(true, e.then), arm(false, e.otherwise)], P.where);
      }
      case 'derivative': return derivativeOf(this, e);
      case 'at': return this.#at(e);
    }
  }

  /**
   * A condition as an array of 1 and 0. A conjunction is read from the left: where an earlier part fails, the later
   * ones are not asked (their sides stand at 0), so `k != y and f < c[k]` never compares f with the sample's own class.
   */
  cond(c: Cond, asked?: Named): Named {
    if (c.kind === 'and') return c.all.reduce<Named | undefined>((before, part) => this.cond(part, before), asked)!;
    if (c.kind === 'not') {
      const turned = combine([this.cond(c.of, asked)], (mask) => P.sub(1, mask));
      return asked === undefined ? turned : combine([asked, turned], P.mul);
    }
    const truth = this.#compare(c, [this.#side(c.left), this.#side(c.right)].map((side) =>
      (asked === undefined ? side : combine([asked, side], (mask, x) => P.where(mask, x, 0)))));
    return asked === undefined ? truth : combine([asked, truth], P.mul);
  }

  branch(c: Cond): Named {
    const mask = this.cond(c);
    this.branches.push({ cond: c, mask, section: this.section, inside: this.#inside, given: this.#environment.given });
    return mask;
  }

  #under(inside: Branch['inside'], run: () => Named): Named {
    const before = this.#inside;
    this.#inside = inside;
    try {
      return run();
    } finally {
      this.#inside = before;
    }
  }

  #compare(c: CompareCond, sides: readonly Named[]): Named {
    switch (c.op) {
      case '<': return combine(sides, P.less);
      case '<=': return combine(sides, P.lessEqual);
      case '>': return combine([sides[1]!, sides[0]!], P.less);
      case '>=': return combine([sides[1]!, sides[0]!], P.lessEqual);
      case '=': return combine(sides, P.equal);
      case '!=': return combine([combine(sides, P.equal)], (mask) => P.sub(1, mask));
    }
  }

  /** A side of a comparison; an index alone stands for its position. */
  #side(e: Expr): Named {
    const indices = this.names.indices(this.section);
    if (e.kind === 'name' && e.index.length === 0 && indices.has(e.name) && this.names.resolve(e.name, this.section) === undefined) {
      return named(P.iota(this.size(e.name), 'f64'), [e.name]);
    }
    return this.expr(e);
  }

  /** Refuses to vary a name that an expression does not rest on: it would silently change nothing. */
  demandPart(e: Expr, entity: Entity, node: { readonly column?: number }): void {
    if (this.names.involves(e, this.section, entity.key)) return;
    throw this.fail(node, `'${entity.name}' of ${entity.section.id === '' ? 'the shared part' : `section ${entity.section.id}`} plays no part in ${printExpr(e)}`, 'at and d speak of a name the expression rests on', 'check the section of the name, or leave it out');
  }

  /** The whole array a name stands for, before any index is applied. */
  lookup(entity: Entity, node: { readonly column?: number }): Named {
    return this.#value(entity, node, this.#environment);
  }

  entity(node: NameExpr): Entity {
    const entity = this.names.resolve(node.name, this.section);
    if (entity === undefined) {
      throw this.fail(node, `found the name '${node.name}', which is not declared`, 'a name is declared, or defined by a line, in its section or before the first one', 'declare it, or write section.name');
    }
    return entity;
  }

  #value(entity: Entity, node: { readonly column?: number }, environment: Environment): Named {
    const { key } = entity;
    const given = environment.overrides.get(key) ?? environment.values.get(key);
    if (given !== undefined) return given;
    if (environment.outer !== undefined && !this.names.dependsOn(entity, new Set(environment.overrides.keys()))) {
      return this.#value(entity, node, environment.outer);
    }
    const value = entity.definition === undefined ? this.#declared(entity, node) : this.#defined(entity, node, environment);
    environment.values.set(key, value);
    return value;
  }

  #declared(entity: Entity, node: { readonly column?: number }): Named {
    const tensor = this.point.values.get(entity.key);
    if (tensor === undefined) throw this.fail(node, `the name '${entity.name}' has no value`, 'a point gives every declared name a value', 'check the data');
    const type = entity.declaration!.type;
    const axes = type.kind === 'tensor' ? type.axes : type.kind === 'label' ? [type.from] : [];
    return named(label(P.alias(tensor), entity.name), axes, axes.filter((axis) => axis !== sampleAxis));
  }

  #defined(entity: Entity, node: { readonly column?: number }, environment: Environment): Named {
    const { target, value } = entity.definition!;
    if (this.#open.has(entity.key)) {
      throw this.fail(node, `the definition of '${entity.name}' uses itself`, 'a definition stands on what is defined without it', 'give the new value another name');
    }
    const before = { section: this.section, environment: this.#environment, statement: this.#statement };
    this.#open.add(entity.key);
    this.section = entity.section;
    this.#environment = environment;
    this.#statement = entity.definition!;
    try {
      const result = this.#under([], () => this.expr(value!));
      const indices = target!.index;
      const rest = result.axes.filter((axis) => axis !== sampleAxis && !indices.includes(axis));
      const loose = rest.find((axis) => !result.open.includes(axis));
      if (loose !== undefined) {
        throw this.fail(value!, `the index '${loose}' is free on the right and not on the left`, 'a definition has the same free indices on both sides', `write ${entity.name}[${[...indices, loose].join(', ')}] on the left, or sum over ${loose}`);
      }
      const axes = [...(result.axes.includes(sampleAxis) ? [sampleAxis] : []), ...indices, ...rest];
      const full = stretchTo(result, axes, (axis) => this.size(axis));
      const array = named(label(P.alias(full.tensor), entity.name), axes, [...indices, ...rest]);
      return indices.reduce((x, index) => this.#ownAxis(x, index), array);
    } finally {
      this.#open.delete(entity.key);
      this.section = before.section;
      this.#environment = before.environment;
      this.#statement = before.statement;
    }
  }

  /** X[i] = … with i over d is an array over d, unless it has that axis already. */
  #ownAxis(x: Named, index: string): Named {
    const axis = this.names.indices(this.section).get(index) ?? index;
    return x.axes.includes(axis) ? x : renamed(x, index, axis);
  }

  #name(e: NameExpr): Named {
    const entity = this.names.resolve(e.name, this.section);
    if (entity === undefined && e.index.length === 0 && this.names.indices(this.section).has(e.name)) return this.#side(e);
    return this.indexed(this.lookup(this.entity(e), e), e);
  }

  /** Applies the indices of a name to its array: `c[j]` renames an axis, `c[y]` picks the sample's own entry. */
  indexed(value: Named, e: NameExpr): Named {
    const indices = this.names.indices(this.section);
    let result = value;
    // Axes already indexed are hidden under a private name, so that A[j, k] can be read as A[k, j].
    e.index.forEach((index, position) => {
      const map = this.#labelMap(index);
      const axis = map?.to ?? indices.get(index);
      if (axis === undefined) {
        throw this.fail(e, `found the index '${index}', which is not declared`, 'an index is an axis, a declared index or a label map', `write index ${index}: axis`);
      }
      if (map === undefined && e.index.indexOf(index) !== position) {
        throw this.fail(e, `the index '${index}' stands twice in ${e.name}[${e.index.join(', ')}]`, 'a free index stands once in a name', 'use a second index over the axis and a condition');
      }
      const slot = result.open.find((a) => (indices.get(a) ?? a) === axis);
      if (slot === undefined) {
        throw this.fail(e, `${e.name} has no axis ${axis} left for the index '${index}'`, `its axes are ${value.axes.join(' ') || 'none'}`, 'remove the index');
      }
      result = map === undefined
        ? close(renamed(result, slot, `${index}?`), `${index}?`)
        : pick(result, slot, this.lookup(map.entity, e));
    });
    return e.index.reduce((x, index) => renamed(x, `${index}?`, index), result);
  }

  #labelMap(index: string): { readonly to: string; readonly entity: Entity } | undefined {
    const entity = this.names.resolve(index, this.section);
    const type = entity?.declaration?.type;
    return entity !== undefined && type?.kind === 'label' ? { to: type.to, entity } : undefined;
  }

  #at(e: AtExpr): Named {
    const overrides = new Map<string, Named>();
    const given = new Map(this.#environment.given);
    for (const binding of e.bindings) {
      const node: NameExpr = { kind: 'name', name: binding.name, index: [], column: binding.column ?? 0 };
      const entity = this.entity(node);
      this.demandPart(e.of, entity, node);
      const shape = this.lookup(entity, node);
      const value = this.expr(binding.value);
      const extra = value.axes.find((axis) => !shape.axes.includes(axis) && axis !== sampleAxis);
      if (extra !== undefined) {
        throw this.fail(binding, `the new value of '${binding.name}' has the axis ${extra}`, `'${binding.name}' has the axes ${shape.axes.join(' ') || 'none'}`, 'give it a value of the same axes');
      }
      const axes = value.axes.includes(sampleAxis) && !shape.axes.includes(sampleAxis) ? [sampleAxis, ...shape.axes] : shape.axes;
      const full = stretchTo(value, axes, (axis) => this.size(axis));
      overrides.set(entity.key, named(P.alias(full.tensor), axes, shape.open));
      given.set(entity.key, constantOf(binding.value));
    }
    const before = this.#environment;
    this.#environment = { overrides, values: new Map(), given, outer: before, text: `${before.text} at ${e.bindings.map((b) => `${b.name} = ${printExpr(b.value)}`).join(', ')}` };
    try {
      return this.#under([], () => this.expr(e.of));
    } finally {
      this.#environment = before;
    }
  }

  /** The values in force here, as text: empty, or ` at t = 1`. */
  get context(): string {
    return this.#environment.text;
  }

  /** The step that computed an array. */
  stepOf(x: Named): number {
    return currentRecorder()!.stepOf(x.tensor).id;
  }
}

function close(x: Named, axis: string): Named {
  return named(x.tensor, x.axes, x.open.filter((a) => a !== axis));
}
