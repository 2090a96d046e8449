// The papers whose derivations come with the package, and the gallery of mistakes: plain-text files beside this one,
// readable without TypeScript.

export { checkMistake, type Mistake, type MistakeReport, mistakes } from './mistakes.ts';
export { mistakesHtml } from './mistakes-html.ts';
export { mistakeList, mistakesMarkdown, mistakeText } from './mistakes-text.ts';
export { papers, readPaper } from './node.ts';
