import { readFileSync } from 'node:fs';
import { sha256 } from '../../base/ids.ts';

export interface Asset {
  readonly type: string;
  readonly content: string;
  readonly version: string;
}

/** Each asset with its type and the files that it is made of. */
const sources = {
  'console.css': [
    'text/css; charset=utf-8',
    'theme.css',
    'frame.css',
    'parts.css',
    'controls.css',
    'lists.css',
    'charts.css',
    'message.css',
  ],
  'console.js': ['text/javascript; charset=utf-8', 'console.js'],
  'theme.js': ['text/javascript; charset=utf-8', 'theme.js'],
  'icon.svg': ['image/svg+xml', 'icon.svg'],
} as const;

export type AssetName = keyof typeof sources;

const assets: ReadonlyMap<string, Asset> = new Map(
  Object.entries(sources).map(([name, [type, ...files]]) => {
    const content = files
      .map((file) => readFileSync(new URL(`./assets/${file}`, import.meta.url), 'utf8'))
      .join('');
    return [name, { type, content, version: sha256(content).slice(0, 12) }];
  }),
);

export function asset(name: string): Asset | null {
  return assets.get(name) ?? null;
}

/** With the content's hash, so that browsers may keep it for ever and still see every change. */
export function assetUrl(name: AssetName): string {
  return `/assets/${name}?v=${assets.get(name)?.version ?? ''}`;
}
