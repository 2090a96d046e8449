// The papers whose derivations come with the package: plain-text files beside this one, readable without TypeScript.

export { papers, readPaper } from './node.ts';
