// Tensors as files other programs read: safetensors, npy and npz, as bytes. Reading and writing on disk is in `node.ts`.

export { decodeNpy, encodeNpy } from './npy.ts';
export { decodeNpz, encodeNpz, type NpzOptions } from './npz.ts';
export { decodeSafetensors, encodeSafetensors, type Safetensors } from './safetensors.ts';
