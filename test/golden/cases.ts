// The verified cases of the paper's losses, worked out elsewhere: losses, masks and gradients in Float64, and a few
// anchors from a published notebook.

import { readFileSync } from 'node:fs';

export interface Case {
  readonly id: string;
  readonly params: {
    readonly s: number; readonly m?: number; readonly t?: number; readonly gamma?: number; readonly save_rate?: number;
    readonly margin: string; readonly sv?: string; readonly g?: string; readonly hm?: string; readonly p_source?: string;
  };
  readonly x: number[][];
  readonly W: number[][];
  readonly labels: number[];
  readonly loss: number;
  readonly grad_x: number[][];
  readonly grad_W: number[][];
  readonly I: number[][];
  readonly cos: number[][];
  readonly f_y: number[];
  readonly v: number[][];
  readonly p: number[][];
  readonly per_sample_loss: number[];
  readonly kept: number[];
  readonly h: number[][];
  readonly dL_dv: number[][];
  readonly dL_dcos: number[][];
  readonly eq14_dW_unprojected: number[][];
  readonly eq15_dx_unprojected: number[][];
}

export interface NotebookAnchor {
  readonly logits: number[][]; readonly labels: number[]; readonly m: number; readonly t: number;
  readonly published_float32: number; readonly float64: number;
}

const file = JSON.parse(readFileSync(new URL('sv-softmax.json', import.meta.url), 'utf8')) as {
  readonly cases: Case[]; readonly edge_cases: Case[]; readonly notebook_anchors: NotebookAnchor[];
};
export const cases: readonly Case[] = [...file.cases, ...file.edge_cases];
export const notebookAnchors: readonly NotebookAnchor[] = file.notebook_anchors;
