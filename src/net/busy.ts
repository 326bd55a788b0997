/** The bodies in memory have reached their limit. */
export class Busy extends Error {
  override name = 'Busy';
  constructor() {
    super('too many bytes of requests in memory, try again later');
  }
}
