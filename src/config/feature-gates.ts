/** otelcol's feature gates that change something here, and what they do. */
export const FEATURE_GATES: { readonly [gate: string]: string } = {
  'processor.tailsamplingprocessor.recordpolicy':
    'tail_sampling writes the policy that kept a trace into its scopes: `tailsampling.policy`',
};
