const PITCH_HZ = 660;
const LENGTH_S = 0.14;
const LOUDNESS = 0.12;

/** A short soft tone, made where it is heard: there is no file of it. */
export class BellSound {
  #context: AudioContext | null = null;

  ring(): void {
    this.#context ??= new AudioContext();
    const context = this.#context;
    // A context made before the first key or click waits for one.
    if (context.state === 'suspended') void context.resume();
    const tone = new OscillatorNode(context, { type: 'sine', frequency: PITCH_HZ });
    const volume = new GainNode(context, { gain: LOUDNESS });
    const endS = context.currentTime + LENGTH_S;
    volume.gain.setValueAtTime(LOUDNESS, context.currentTime);
    volume.gain.exponentialRampToValueAtTime(0.0001, endS);
    tone.connect(volume).connect(context.destination);
    tone.start();
    tone.stop(endS);
  }
}
