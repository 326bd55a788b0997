import type { ConfigPlace } from '#base';

/** One thing that was changed in a file, or that could not be. */
export interface Change {
  /**
   * `name`: how something is called today, which changes nothing that it does. `advice`: what the author seems to have meant, to be read
   * before it is used. `left`: what a change of the file alone can't mend.
   */
  readonly kind: 'name' | 'advice' | 'left';
  readonly message: string;
  /** In the file as it was. */
  readonly place: ConfigPlace;
}
