import type { DirEntry } from '../../../../machine/protocol.ts';

/** What is to become of something that arrives where something is already. */
export type CollisionChoice = 'replace' | 'keep-both' | 'skip';

export interface Collision {
  readonly vmName: string;
  readonly name: string;
  readonly arriving: 'file' | 'folder';
  readonly present: DirEntry['kind'];
  readonly folder: string;
  /** Whether more may follow that the same answer could hold for. */
  readonly hasMore: boolean;
}

export interface OpenCollision extends Collision {
  /** A folder cannot take the place of a file, nor a file that of a folder. */
  readonly mayReplace: boolean;
  answer(choice: CollisionChoice, forAll: boolean): void;
}

/** Asks the person about one collision after the other. */
export class CollisionQuestions {
  #open: OpenCollision | null = $state.raw(null);
  #last: Promise<unknown> = Promise.resolve();

  get open(): OpenCollision | null {
    return this.#open;
  }

  ask(collision: Collision): Promise<{ choice: CollisionChoice; forAll: boolean }> {
    const asked = this.#last.then(
      () =>
        new Promise<{ choice: CollisionChoice; forAll: boolean }>((resolve) => {
          this.#open = {
            ...collision,
            mayReplace: mayReplace(collision),
            answer: (choice, forAll) => {
              this.#open = null;
              resolve({ choice, forAll });
            },
          };
        }),
    );
    this.#last = asked;
    return asked;
  }
}

/** One answer for all that arrive together, once the person has said so. */
export class BatchChoice {
  #forAll: CollisionChoice | null = null;
  readonly #questions: Pick<CollisionQuestions, 'ask'>;

  constructor(questions: Pick<CollisionQuestions, 'ask'>) {
    this.#questions = questions;
  }

  async choose(collision: Collision): Promise<CollisionChoice> {
    const known = this.#forAll;
    if (known !== null && (known !== 'replace' || mayReplace(collision))) return known;
    const { choice, forAll } = await this.#questions.ask(collision);
    if (forAll) this.#forAll = choice;
    return choice;
  }
}

function mayReplace({ arriving, present }: Collision): boolean {
  return arriving === 'folder' ? present === 'directory' : present === 'file';
}
