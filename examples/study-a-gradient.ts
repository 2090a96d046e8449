// One loss, and the errors of its paper beside those of the engine: the adjoint of every modified cosine, and
// equations (14) and (15) as printed and with the Jacobian of the normalisation they leave out.
//
//   npm run example -- study-a-gradient

import { grad, type Tensor, tensor } from 'marginalia';
import { catalogue } from 'marginalia/losses';

const s = 8;
const t = 1.2;
const loss = catalogue['sv-softmax']!.create({ s, t });

// One face, three people; the second person's weight is nearer than that of the face's own, the first.
const x = tensor([[0.9, 1.1, 0.2]], { dtype: 'f64' });
const W = tensor([[1.2, 0.3, 0.1], [0.2, 1.4, 0.3], [-0.5, 0.2, 1]], { dtype: 'f64' });
const y = tensor([0], { dtype: 'i32' });

/** The adjoint of a quantity of the loss, by the symbol the paper gives it. */
const adjoint = (wrt: string | number): number[][] => (grad(loss, { wrt })(x, W, y) as Tensor).toArray() as number[][];

const length = (v: readonly number[]): number => Math.hypot(...v);
const unit = (v: readonly number[]): number[] => v.map((a) => a / length(v));
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, p, i) => sum + p * b[i]!, 0);
const rows = (v: Tensor): number[][] => v.toArray() as number[][];

const face = rows(x)[0]!;
const cosines = rows(W).map((w) => dot(unit(w), unit(face)));
const isSupport = cosines.map((c, k) => k !== 0 && c > cosines[0]!);
const dv = adjoint('v')[0]!;
// The error that reaches the cosine of class k: t times larger for a support vector.
const G = dv.map((d, k) => d * (isSupport[k] ? t : 1));

const show = (v: readonly number[]): string => v.map((a) => a.toFixed(6).padStart(10)).join('');
const line = (name: string, v: readonly number[]): void => console.log(`  ${name.padEnd(34)}${show(v)}`);

console.log(`SV-Softmax, s = ${s}, t = ${t}: ∂L/∂v by the engine`);
line('cosines', cosines);
line('support vectors', isSupport.map(Number));
line('∂L/∂v', dv);

const engineW = adjoint(1);
console.log('\n(14) ∂L/∂w_k');
rows(W).forEach((w, k) => {
  line(`k = ${k}: as printed, G_k x̂`, unit(face).map((a) => G[k]! * a));
  line('        exact', unit(face).map((a, i) => (G[k]! * (a - cosines[k]! * unit(w)[i]!)) / length(w)));
  line('        engine', engineW[k]!);
});

console.log('\n(15) ∂L/∂x');
const e = face.map((_, i) => G.reduce((sum, g, k) => sum + g * unit(rows(W)[k]!)[i]!, 0));
line('as printed, Σ G_k ŵ_k', e);
line('exact', e.map((a, i) => (a - dot(e, unit(face)) * unit(face)[i]!) / length(face)));
line('engine', adjoint(0)[0]!);
