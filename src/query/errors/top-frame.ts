/** Where an exception was thrown, by the frames of its stack trace. */

/**
 * Frames as the runtimes write them, in the regular expressions of RE2: `at f (file:1:2)` of JavaScript, `at a.B.f(B.java:3)` of Java and .NET,
 * `File "x.py", line 4, in f` of Python, `f(…)` with a path under it of Go, `x.rb:5:in 'f'` of Ruby, `#0 x.php(6): f()` of PHP.
 */
export const FRAME_PATTERN: string = `(?m)^[ \\t]*(${[
  'at [^\\n]+',
  'File "[^"\\n]+", line [0-9]+, in [^\\n]+',
  '[^\\s][^\\n]*\\)\\n\\t[^\\n]+\\.go:[0-9]+',
  '(?:from )?[^\\s:]+\\.rb:[0-9]+:in [^\\n]+',
  '#[0-9]+ [^\\n]+',
].join('|')})`;

/** What changes of a frame from one build, or one run, to the next. */
export const CHANGING_IN_FRAME =
  ':[0-9]+(?::[0-9]+)?|, line [0-9]+|:line [0-9]+|\\([0-9]+\\)|^#[0-9]+ |0x[0-9a-f]+|\\$\\$Lambda[^.(]*';

/** Of runtimes and libraries: not where a service's own mistake is. */
const FOREIGN = new RegExp(
  [
    'node:|/node_modules/|<anonymous>',
    'site-packages|dist-packages|/lib/python|importlib',
    '^at (?:java|javax|jdk|sun|scala|kotlin|System|Microsoft)\\.|org\\.springframework',
    '^(?:panic|runtime)[.(/]|runtime/debug|go\\.opentelemetry\\.io',
    '/gems/|/vendor/',
  ].join('|'),
);

/**
 * `frames`: as the stack trace has them, without what changes. The innermost is the first, in Python the last. Without the words around it, and of
 * a path its last two parts.
 */
export function topFrame(frames: readonly string[]): string {
  const inner = frames[0]?.startsWith('File "') === true ? frames.toReversed() : frames;
  const frame = inner.find((one) => !FOREIGN.test(one)) ?? inner[0] ?? '';
  const named = frame
    .replace(/^at |^from |\)\s*\n\t/g, (word) => (word.startsWith(')') ? ') ' : ''))
    .replace(/^File "([^"]+)", in (.+)$/, '$2 ($1)')
    .replace(/file:\/\//g, '');
  return named.replaceAll(/(?:[^\s()"']*\/)?([^\s()"'/]+\/[^\s()"'/]+)/g, '$1').trim();
}
