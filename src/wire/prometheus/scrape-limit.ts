/** A scrape that has more than it may. All of it is refused. */
export class ScrapeLimit extends Error {
  override name = 'ScrapeLimit';
}
