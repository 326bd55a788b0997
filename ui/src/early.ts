/** Runs before all other scripts of the console, and is small for that. */
import { askFirst } from './lib/first-answer.ts';

askFirst(location);
