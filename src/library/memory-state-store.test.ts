import { describeStateStore } from './state-store.conformance.ts';
import { MemoryStateStore } from './memory-state-store.ts';

describeStateStore('MemoryStateStore', () =>
  Promise.resolve({ store: new MemoryStateStore(), dispose: () => Promise.resolve() }),
);
