import { expect, test } from 'vitest';
import { isWelcomePlace } from './welcome.ts';

test.each(['/', '/services', '/traces', '/traces/', '/logs', '/metrics', '/send'])(
  'an empty store welcomes at %s',
  (path) => {
    expect(isWelcomePlace(path)).toBe(true);
  },
);

test.each(['/nosuch', '/traces/5b8efff798038103d269b633813fc60c', '/services/nobody', '/system', '/logs/x'])(
  'an empty store leaves %s to say what is not there',
  (path) => {
    expect(isWelcomePlace(path)).toBe(false);
  },
);
