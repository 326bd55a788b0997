/** As much of nodemailer as is used; its package has no types. */
declare module 'nodemailer' {
  export interface Transport {
    sendMail(mail: {
      readonly envelope: { readonly from: string; readonly to: readonly string[] };
      readonly headers: Readonly<Record<string, string>>;
      readonly from?: string;
      readonly to?: string;
      readonly subject?: string;
      readonly messageId?: string;
      readonly date?: Date;
      readonly text?: string;
      readonly html?: string;
      readonly disableFileAccess: true;
      readonly disableUrlAccess: true;
    }): Promise<{ readonly response: string }>;
    close(): void;
  }
  export function createTransport(options: object): Transport;
}
