// `marginalia explore`: serves the playground from the built package on the loopback address, and nothing else from
// anywhere. The page needs no server of its own kind: any static host of the built folder shows the same.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readArguments, UsageError, wholeNumber } from './arguments.ts';
import type { Command } from './command.ts';
import { print } from './output.ts';

const help = `usage: marginalia explore [options]

Serves the playground: the unit circle with class weights and samples to drag, the loss, its gradients and
the derivation of a sample, live. Open the address it prints in a browser; Ctrl-C ends it.

  --port N   the port on 127.0.0.1; default 4130
  --help     this text

Exit code 130 when it is ended with Ctrl-C, 2 for bad usage or a port in use.`;

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8',
};

/** The file an address asks for; undefined for what is none of the page's or lies outside its folder. */
export function fileOf(root: string, address: string): string | undefined {
  let path: string;
  try {
    path = decodeURIComponent(new URL(address, 'http://127.0.0.1').pathname);
  } catch {
    return undefined;
  }
  const file = normalize(join(root, path.endsWith('/') ? `${path}index.html` : path));
  const isInside = file.startsWith(root.endsWith(sep) ? root : root + sep);
  return isInside && types[extname(file)] !== undefined && statSync(file, { throwIfNoEntry: false })?.isFile() ? file : undefined;
}

/** Serves a folder's pages, scripts and style sheets on the loopback address; resolves when it can be asked. */
export function serve(root: string, port: number): Promise<Server> {
  const answer = ({ method, url = '/' }: IncomingMessage, response: ServerResponse): void => {
    if (/^\/(index\.html|playground)?(\?|$)/.test(url)) {
      response.writeHead(302, { location: '/playground/' }).end();
      return;
    }
    const file = method === 'GET' || method === 'HEAD' ? fileOf(root, url) : undefined;
    if (file === undefined) response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n');
    else {
      response.writeHead(200, { 'content-type': types[extname(file)]!, 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' });
      response.end(method === 'HEAD' ? undefined : readFileSync(file));
    }
  };
  return new Promise((resolve, reject) => {
    const server = createServer(answer);
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new UsageError(`port ${port} is in use; choose another with --port`) : error);
    });
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, { port: { type: 'string' } }, 'explore');
  if (positionals.length > 0) throw new UsageError(`explore: takes no file, found '${positionals[0]!}'`);
  const port = wholeNumber(values['port'], 'port', 0, 4130, 65535);
  const root = fileURLToPath(new URL('..', import.meta.url));
  if (!existsSync(join(root, 'playground/index.html'))) throw new UsageError('explore: the page is not built; npm run build makes it');
  const server = await serve(root, port);
  const address = server.address();
  print(`the playground: http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : port}/playground/\nCtrl-C ends it`);
  await new Promise((resolve) => server.once('close', resolve));
  return 0;
}

export const explore: Command = { help, run };
