// `npm run bench`: our own table; with `--peers`, our engine beside the others.

await import(process.argv.includes('--peers') ? './peers.ts' : './bench.ts');
