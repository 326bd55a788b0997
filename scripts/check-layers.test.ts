import { join } from 'node:path';
import { expect, test } from 'vitest';
import { layerBreaks } from './check-layers.ts';

const breaksOf = (file: string, text: string): string[] => layerBreaks(join(import.meta.dirname, '..', file), text);

test.each([
  { file: 'src/net/x.ts', text: "import type { Host } from '#component';", what: 'net must not use #component' },
  { file: 'src/net/x.ts', text: "type Host = import('#component').Host;", what: 'net must not use #component' },
  { file: 'src/store/x.ts', text: "export * from '#query';", what: 'store must not use #query' },
  { file: 'src/wire/otlp/x.ts', text: "import '../../net/status.ts';", what: 'use #net instead of' },
  { file: 'src/wire/otlp/x.ts', text: "import { a } from '#wire';", what: 'use a relative path' },
  { file: 'src/query/x.ts', text: "import { main } from '../main/cli.ts';", what: 'use #main instead of' },
  {
    file: 'src/processors/batch/x.ts',
    text: "import type { Policy } from '../tail_sampling/policies.ts';",
    what: 'batch and tail_sampling are siblings',
  },
  { file: 'src/api/jaeger/x.ts', text: "import { a } from '../console/logs.ts';", what: 'are siblings' },
  { file: 'src/api/http/x.ts', text: "import { a } from '../console/logs.ts';", what: 'are siblings' },
  {
    file: 'src/processors/batch/batch.test.ts',
    text: "import { Held } from '../tail_sampling/held-spans.ts';",
    what: 'are siblings',
  },
  {
    file: 'ui/src/lib/x.ts',
    text: "import { Table } from '../widgets/table.tsx';",
    what: 'ui/lib must not use ui/widgets',
  },
  { file: 'ui/src/pages/logs.tsx', text: "import { Traces } from './traces.tsx';", what: 'are siblings' },
  { file: 'ui/src/lib/x.ts', text: "import { a } from '#store';", what: 'ui/lib must not use #store' },
  { file: 'ui/src/lib/x.ts', text: "import { a } from '#base';", what: '#base is not made for browsers' },
])('is a break: $text in $file', ({ file, text, what }) => {
  expect(breaksOf(file, `\n${text}\n`)).toEqual([expect.stringContaining(`${file}:2: `)]);
  expect(breaksOf(file, `\n${text}\n`)[0]).toContain(what);
});

test.each([
  { file: 'src/net/x.ts', text: "import { a } from '#wire';" },
  { file: 'src/store/x.test.ts', text: "import { a } from '../wire/testing/otlp-reference.ts';" },
  { file: 'src/processors/batch/batch.test.ts', text: "import { spans } from '../testing/spans.ts';" },
  { file: 'src/api/console/x.ts', text: "import { a } from '../http/errors.ts';" },
  { file: 'src/main/components.ts', text: "const load = () => import('../receivers/otlp/index.ts');" },
  {
    file: 'ui/src/pages/x.tsx',
    text: "import type { Trace } from '#api/types.ts';\nimport { T } from '../widgets/table.tsx';",
  },
])('is none: $text in $file', ({ file, text }) => {
  expect(breaksOf(file, text)).toEqual([]);
});
