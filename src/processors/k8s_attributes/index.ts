export { k8sAttributesFactory } from './factory.ts';
