import { describe, expect, it } from 'vitest';
import { Code, Module, signed, unsigned } from '../../../src/compile/wasm/assembler.ts';
import { instructions, type InstructionName } from '../../../src/compile/wasm/instructions.ts';
import { host, instantiate } from '../../../src/compile/wasm/webassembly.ts';

const code = (): Code => new Code('f', { takes: ['i32', 'v128'], gives: [] });

describe('LEB128', () => {
  it('writes the published examples', () => {
    expect(unsigned(624485)).toEqual([0xe5, 0x8e, 0x26]);
    expect(signed(-123456)).toEqual([0xc0, 0xbb, 0x78]);
    expect([unsigned(0), unsigned(127), unsigned(128)]).toEqual([[0], [0x7f], [0x80, 1]]);
    expect([signed(63), signed(64), signed(-64), signed(-65)]).toEqual([[63], [0xc0, 0], [0x40], [0xbf, 0x7f]]);
  });

  it('reaches both ends of 32 bits', () => {
    expect(unsigned(2 ** 32 - 1)).toEqual([0xff, 0xff, 0xff, 0xff, 0x0f]);
    expect(signed(-(2 ** 31))).toEqual([0x80, 0x80, 0x80, 0x80, 0x78]);
    expect(signed(2 ** 31 - 1)).toEqual([0xff, 0xff, 0xff, 0xff, 0x07]);
  });
});

describe('a module', () => {
  it('is the bytes one would write by hand', () => {
    const module = new Module();
    module.function('add', ['i32', 'i32'], ['i32'], (c, a, b) => c.get(a!).get(b!).op('i32.add'));
    expect([...module.bytes()]).toEqual([
      0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
      1, 7, 1, 0x60, 2, 0x7f, 0x7f, 1, 0x7f,
      2, 1, 0,
      3, 2, 1, 0,
      7, 7, 1, 3, 0x61, 0x64, 0x64, 0, 0,
      10, 9, 1, 7, 0, 0x20, 0, 0x20, 1, 0x6a, 0x0b,
    ]);
  });

  it('imports a memory with its limits, and host functions before its own', () => {
    const module = new Module({ initial: 1, maximum: 200 });
    const twice = module.importFunction('twice', ['f64'], ['f64']);
    expect(module.importFunction('twice', ['f64'], ['f64'])).toBe(twice);
    module.function('go', ['f64'], ['f64'], (c, x) => c.get(x!).call(twice).f64(1).op('f64.add'));
    expect(() => module.importFunction('late', [], [])).toThrow('import of late after a function');
    const memory = new host!.Memory({ initial: 1, maximum: 200 });
    expect(instantiate(module.bytes(), { memory, twice: (x: number) => 2 * x })['go']!(20.5)).toBe(42);
  });

  it('runs loops and both sides of a choice', () => {
    const module = new Module();
    module.function('sumOdd', ['i32'], ['i32'], (c, n) => {
      const total = c.local('i32');
      c.block((done) => {
        c.get(n!).op('i32.eqz').branchIf(done);
        c.loop((again) => {
          c.get(n!).i32(1).op('i32.and').if(() => c.get(total).get(n!).op('i32.add').set(total), () => c.get(total).set(total));
          c.get(n!).i32(1).op('i32.sub').tee(n!).branchIf(again);
        });
      });
      c.get(total);
    });
    const { sumOdd } = instantiate(module.bytes(), {});
    expect([0, 1, 2, 7].map((n) => sumOdd!(n))).toEqual([0, 1, 1, 16]);
  });

  it('gives every instruction of the table an encoding the host accepts with the types it states', () => {
    for (const name of Object.keys(instructions) as InstructionName[]) {
      const { takes, gives, immediate } = instructions[name];
      const module = new Module({ initial: 1, maximum: 1 });
      module.function('f', takes, gives, (c, ...operands) => {
        for (const x of operands) c.get(x);
        if (immediate === 'memory') c.memory(name, 300);
        else if (immediate === 'memoryLane') c.memoryLane(name, 3, 8);
        else if (immediate === 'lane') c.lane(name, 1);
        else if (immediate === 'shuffle') c.shuffle([0, 5, 2, 7]);
        else c.op(name);
      });
      expect([name, host!.validate(module.bytes())]).toEqual([name, true]);
    }
  });

  it('prints a function one instruction a line', () => {
    const module = new Module({ initial: 1, maximum: 1 });
    module.function('scale', ['i32', 'i32'], [], (c, from, count) => {
      const x = c.local('v128');
      c.loop((again) => {
        c.get(from!).get(from!).memory('v128.load', 16).tee(x).v128([1, 1, 1, 1]).op('f32x4.mul').memory('v128.store');
        c.get(count!).branchIf(again);
      });
    });
    expect(module.text).toMatchInlineSnapshot(`
      "func $scale (param i32 i32) (local v128)
        loop
          local.get 0
          local.get 0
          v128.load offset=16
          local.tee 2
          v128.const i32x4 1 1 1 1
          f32x4.mul
          v128.store
          local.get 1
          br_if 0
        end"
    `);
  });
});

describe('the stack of types', () => {
  it('stops at the instruction whose operands are wrong', () => {
    const [address, vector] = code().parameters;
    expect(() => code().get(address!).get(vector!).op('f32x4.add')).toThrow('f: f32x4.add on [i32 v128]. It takes [v128 v128]');
    expect(() => code().op('i32.eqz')).toThrow('f: i32.eqz on []');
    expect(() => code().get(vector!).set(address!)).toThrow('local.set 0 on [v128]');
    expect(() => code().get(vector!).if(() => undefined)).toThrow('f: if on [v128]');
  });

  it('does not let a block take what lies below it, or leave anything', () => {
    const [address] = code().parameters;
    expect(() => { const c = code().get(address!); c.block(() => c.op('i32.eqz')); }).toThrow('i32.eqz on []');
    expect(() => { const c = code(); c.loop(() => c.get(address!)); }).toThrow('a loop leaves 1 values');
    expect(() => { const c = code(); c.get(address!).if(() => undefined, () => c.i32(1)); }).toThrow('a if leaves 1 values');
  });

  it('refuses a function that ends with anything but its results', () => {
    expect(() => code().i32(1).encode()).toThrow('f: ends with [i32] on the stack. It gives []');
    expect(() => new Code('g', { takes: [], gives: ['f64'] }).encode()).toThrow('g: ends with []');
  });

  it('refuses an instruction without what follows it, and a branch out of nowhere', () => {
    const [address] = code().parameters;
    expect(() => code().get(address!).op('v128.load')).toThrow('v128.load written with none. It is followed by memory');
    const c = code();
    let outside: { depth: number } | undefined;
    c.block((label) => (outside = label));
    expect(() => c.i32(1).branchIf(outside!)).toThrow('a branch to a block that has ended');
  });
});
