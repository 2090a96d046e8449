import { hunt } from './mutate/hunt.ts';
import { rows, casesOf, forwardSites, gradientSites } from './mutate/rows.ts';
const only = process.argv[2];
const t0 = Date.now();
for (const row of rows) {
  if (only && !row.id.match(only)) continue;
  for (const options of casesOf(row)) for (const [kind, make] of [['f', forwardSites], ['g', gradientSites]] as const) {
    const t = Date.now();
    try {
      const sites = make(row, options);
      const t1 = Date.now();
      const v = hunt(sites);
      const s = v.filter((x) => x.killedBy === undefined);
      console.log(row.id, JSON.stringify(options), kind, sites.length, v.length, s.length, t1 - t, Date.now() - t1);
      for (const x of s) console.log('     ', x.text, '|', x.change);
    } catch (e) { console.log(row.id, JSON.stringify(options), kind, String((e as Error).stack).split('\n').slice(0, 4).join('\n')); }
  }
}
console.log(Date.now() - t0);
