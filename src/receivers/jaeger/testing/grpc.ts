import { connect } from 'node:http2';

/** One unary call by hand. Resolves to the status. */
export async function callGrpc(address: string, path: string, message: Uint8Array): Promise<string> {
  const session = connect(`http://${address}`);
  try {
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const frame = Buffer.alloc(5 + message.length);
    frame.writeUInt32BE(message.length, 1);
    frame.set(message, 5);
    stream.end(frame);
    return await new Promise<string>((resolve, reject) => {
      let status = '';
      stream.on('response', (headers) => {
        status = String(headers['grpc-status'] ?? '');
      });
      stream.on('trailers', (trailers) => {
        status = String(trailers['grpc-status'] ?? status);
      });
      stream.on('error', reject);
      stream.on('close', () => resolve(status));
      stream.resume();
    });
  } finally {
    session.close();
  }
}
