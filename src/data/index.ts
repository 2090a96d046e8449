// Data: made-up faces, decoders for the formats real data comes in, and what a training loop asks of a data set. Plain
// arrays in, plain values out; nothing here knows tensors. Reading files is in `node.ts`.

export {
  type AugmentOptions,
  augment,
  membersOf,
  peopleBatches,
  type PeopleOptions,
  shuffledBatches,
  type ShuffleOptions,
} from './batches.ts';
export { face, type FaceOptions, faces, type FacesOptions, type Nuisance, nuisances } from './faces.ts';
export { decodeIdx, type Idx, type IdxValues, labelledFromIdx } from './idx.ts';
export { type Batch, type BatchOptions, grey, type Image, type Labelled, resize, selectBatch, toBatch } from './image.ts';
export { decodePgm, decodePpm, encodePgm, encodePpm } from './netpbm.ts';
export { drawPairs, type IndexPairs, lfwPath, type PairOptions, parsePairs, type Photo, type PhotoPair } from './pairs.ts';
export { decodePng } from './png.ts';
export { denseLabels, peopleKept, type Split, splitByIdentity, splitWithinIdentities } from './split.ts';
