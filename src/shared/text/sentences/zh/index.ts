import type { Sentences } from '../sentence-translator.ts';
import { images } from './images.ts';
import { library } from './library.ts';
import { machine } from './machine.ts';
import { main } from './main.ts';
import { renderer } from './renderer.ts';
import { shared } from './shared.ts';

/** Sentences of failures, and what stands in their holes, in Chinese. */
export const sentences: Sentences = { ...images, ...library, ...machine, ...main, ...renderer, ...shared };
