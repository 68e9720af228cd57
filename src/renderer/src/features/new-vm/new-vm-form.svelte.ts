import type { ImageSummary } from '../../../../shared/model/image.ts';
import { parseMemoryMib, parseName } from '../../../../shared/model/names.ts';
import type { App } from '../../app/app.ts';
import type { TypedVm } from '../../app/navigation.svelte.ts';
import { nextName } from '../../text/next-name.ts';
import { said, t } from '../../text/text.svelte.ts';
import type { SelectOption } from '../../ui/select-option.ts';
import { imageChoices, imageValue, RECIPE_WORDS, type ImageChoice } from '../image-build/recipes.ts';

/** What a recipe without an image is expected to ask for, until its image says so itself. */
const UNBUILT_MEMORY_MIB = 128;

/** The dialog that makes a VM: its fields, what is wrong with them, and doing it. */
export class NewVmForm {
  name: string;
  isLaunched = $state(true);
  #choice: string = $state('');
  #memoryText: string | null = $state(null);
  #isBusy = $state(false);
  #nameError: string | null = $state(null);
  #memoryError: string | null = $state(null);
  #error: string | null = $state(null);
  readonly #app: Pick<App, 'library' | 'build' | 'actions'>;
  readonly choices: readonly ImageChoice[] = $derived.by(() => imageChoices(this.#app.library.images));
  readonly chosen: ImageChoice | undefined = $derived.by(
    () => this.choices.find((choice) => choice.value === this.#choice) ?? this.choices[0],
  );
  readonly options: readonly SelectOption[] = $derived(this.choices.map(optionOf));
  readonly #imageMemoryMib: number = $derived(
    this.chosen?.kind === 'image' ? this.chosen.image.memoryMib : UNBUILT_MEMORY_MIB,
  );

  constructor(app: Pick<App, 'library' | 'build' | 'actions'>, typed?: TypedVm) {
    this.#app = app;
    const names = app.library.vms.map((vm) => vm.name);
    const isNamed = typed !== undefined && typed.name !== '';
    this.name = $state(isNamed ? typed.name : nextName(t('machine.new-default-name'), names));
    if (!typed) return;
    this.#choice = typed.choice;
    this.#memoryText = typed.memoryText;
    this.isLaunched = typed.isLaunched;
  }

  /** For the form that opens when an image has been imported. */
  get typed(): TypedVm {
    return { name: this.name, choice: this.choice, memoryText: this.#memoryText, isLaunched: this.isLaunched };
  }

  get choice(): string {
    return this.chosen?.value ?? '';
  }

  set choice(value: string) {
    this.#choice = value;
    this.#error = null;
  }

  /** The image's own amount until the person types another. */
  get memoryText(): string {
    return this.#memoryText ?? String(this.#imageMemoryMib);
  }

  set memoryText(text: string) {
    this.#memoryText = text;
    this.#memoryError = null;
  }

  get memoryHint(): string {
    if (this.chosen?.kind === 'build' && this.#memoryText === null) return t('machine.new-memory-image');
    return Number(this.memoryText) === this.#imageMemoryMib
      ? t('machine.new-memory-same')
      : t('machine.new-memory-other', { memory: this.#imageMemoryMib });
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }

  get nameError(): string | null {
    return this.#nameError;
  }

  get memoryError(): string | null {
    return this.#memoryError;
  }

  /** What main said no to, when it is not about one field. */
  get error(): string | null {
    return this.#error;
  }

  forgetNameError(): void {
    this.#nameError = null;
  }

  /** @returns whether the VM was made */
  async submit(): Promise<boolean> {
    if (this.#isBusy || !this.chosen) return false;
    const name = parseName('VM', this.name);
    const typedMemory = this.#memoryText === null ? null : parseMemoryMib(Number(this.#memoryText.trim() || 'none'));
    this.#nameError = name.ok ? null : said(name.error.message);
    this.#memoryError = typedMemory === null || typedMemory.ok ? null : said(typedMemory.error.message);
    this.#error = null;
    if (!name.ok || (typedMemory !== null && !typedMemory.ok)) return false;
    this.#isBusy = true;
    try {
      const image = await this.#image(this.chosen);
      if (!image) return false;
      const created = await this.#app.actions.createVm(
        { name: name.value, imageId: image.id, memoryMib: typedMemory?.value ?? image.memoryMib },
        this.isLaunched,
      );
      if (!created.ok) this.#error = said(created.error.message);
      return created.ok;
    } finally {
      this.#isBusy = false;
    }
  }

  async #image(choice: ImageChoice): Promise<ImageSummary | null> {
    if (choice.kind === 'image') return choice.image;
    const image = await this.#app.build.start(choice.recipe);
    const ended = this.#app.build.state;
    if (image) this.#choice = imageValue(image.id);
    else if (ended.kind === 'ended') this.#error = said(ended.message);
    else this.#error = t('machine.new-other-build');
    return image;
  }
}

function optionOf(choice: ImageChoice): SelectOption {
  if (choice.kind === 'build') {
    const { title, description } = RECIPE_WORDS[choice.recipe];
    return { value: choice.value, title, note: t('machine.new-is-built'), description };
  }
  const { name, kernel, memoryMib } = choice.image;
  return { value: choice.value, title: name, note: `Linux ${kernel} · ${memoryMib} MiB` };
}
