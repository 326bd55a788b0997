export { oauth2ClientFactory } from './factory.ts';
