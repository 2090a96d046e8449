import { mkdtempSync, mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileOf, serve } from '../../src/cli/explore.ts';

const outside = mkdtempSync(join(tmpdir(), 'explore-'));
const root = join(outside, 'dist');
mkdirSync(join(root, 'playground'), { recursive: true });
writeFileSync(join(root, 'playground', 'index.html'), '<p>page');
writeFileSync(join(root, 'index.js'), 'export {}');
writeFileSync(join(root, 'note.txt'), 'not a page');
writeFileSync(join(outside, 'secret.js'), 'secret');

describe('the file of an address', () => {
  it('is a page, a script or a style sheet inside the folder', () => {
    expect(fileOf(root, '/index.js')).toBe(join(root, 'index.js'));
    expect(fileOf(root, '/playground/')).toBe(join(root, 'playground', 'index.html'));
  });

  it.each(['/../secret.js', '/%2e%2e/secret.js', '/..%2fsecret.js', '/note.txt', '/none.js', '/playground', '/%zz', '//'])('is none for %s', (address) => {
    expect(fileOf(root, address)).toBeUndefined();
  });
});

describe('the server', () => {
  let server: Awaited<ReturnType<typeof serve>>;
  const ask = (path: string, method = 'GET') => new Promise<{ status: number; type: string; to: string | undefined; text: string }>((resolve, reject) => {
    request({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', path, method }, (response) => {
      let text = '';
      response.on('data', (part: Buffer) => (text += part.toString()));
      response.on('end', () => resolve({ status: response.statusCode!, type: response.headers['content-type'] ?? '', to: response.headers.location, text }));
    }).on('error', reject).end();
  });

  beforeAll(async () => {
    server = await serve(root, 0);
  });
  afterAll(() => server.close());

  it('listens on the loopback address alone', () => {
    expect((server.address() as AddressInfo).address).toBe('127.0.0.1');
  });

  it('gives pages and scripts with their types', async () => {
    expect(await ask('/playground/')).toMatchObject({ status: 200, type: 'text/html; charset=utf-8', text: '<p>page' });
    expect(await ask('/index.js?v=1')).toMatchObject({ status: 200, type: 'text/javascript; charset=utf-8' });
  });

  it.each(['/', '/?x', '/index.html', '/playground', '/playground?seed=2'])('sends %s on to the page', async (path) => {
    expect(await ask(path)).toMatchObject({ status: 302, to: '/playground/' });
    expect((await ask(`${path}x`)).status).toBe(path.includes('?') ? 302 : 404);
  });

  it('gives nothing from outside, and writes nothing', async () => {
    expect((await ask('/../secret.js')).status).toBe(404);
    expect((await ask('/index.js', 'PUT')).status).toBe(404);
  });

  it('says that a port is taken and what to do', async () => {
    await expect(serve(root, (server.address() as AddressInfo).port)).rejects.toThrow(/port \d+ is in use; choose another with --port/);
  });
});
