// `npm run mutate`: systematic mutation, on programs rather than on source. For every rule and every loss each step is
// changed in every way there is, and the judges of the project must notice. What they do not notice is listed with the
// reason why it is the same program; without one the run fails. `-- name …` looks at some primitives or losses only,
// `--json` prints the findings as data.

import { primitives } from '../src/primitives/index.ts';
import { hunt } from './mutate/hunt.ts';
import { faultsOf, type Found, reportText, survivorsOf } from './mutate/report.ts';
import { casesOf, forwardSites, gradientSites, rows } from './mutate/rows.ts';
import { ruleSites } from './mutate/rules.ts';

const flags = process.argv.slice(2).filter((argument) => argument.startsWith('--'));
const names = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const known = [...primitives.map(({ name }) => name), ...rows.map(({ id }) => id)];
const odd = [...flags.filter((flag) => flag !== '--json'), ...names.filter((name) => !known.includes(name))];
if (odd.length > 0) {
  process.stderr.write(`mutate: ${odd.join(', ')}. Arguments are names of primitives, ids of losses, and --json. Check the spelling.\n`);
  process.exit(2);
}
const asked = (name: string): boolean => names.length === 0 || names.includes(name);
const progress = (name: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${name}`);
};

const found: Found[] = [];
for (const primitive of primitives.filter(({ name }) => asked(name))) {
  progress(primitive.name);
  const sites = ruleSites(primitive);
  if (sites.length > 0) found.push({ part: 'rule', group: primitive.name, subject: primitive.name, verdicts: hunt(sites) });
}
for (const row of rows.filter(({ id }) => asked(id))) {
  for (const options of casesOf(row)) {
    const subject = `${row.id} ${JSON.stringify(options)}`;
    progress(subject);
    found.push({ part: 'loss', group: row.id, subject, verdicts: hunt(forwardSites(row, options)) });
    found.push({ part: 'gradient', group: row.id, subject, verdicts: hunt(gradientSites(row, options)) });
  }
}
progress('');

const survivors = survivorsOf(found);
const faults = faultsOf(survivors, names.length === 0);
process.stdout.write(flags.includes('--json')
  ? `${JSON.stringify({ found, survivors: survivors.map(({ reason, ...rest }) => ({ ...rest, because: reason?.because ?? null })), faults }, null, 2)}\n`
  : `${reportText(found, survivors, faults)}\n`);
process.exitCode = faults.length === 0 ? 0 : 1;
