/** What renderers without a graphics card call themselves: Chromium's, Mesa's and Windows's. */
const PROCESSOR_RENDERERS = /SwiftShader|llvmpipe|softpipe|Software|Microsoft Basic Render/iu;

export function isProcessorRenderer(renderer: string): boolean {
  return PROCESSOR_RENDERERS.test(renderer);
}

let answer: boolean | null = null;

/**
 * Whether WebGL is there only as a program that does a graphics card's work, or not at all. Then each frame of it takes
 * the page ten times as long as drawing text as text does.
 */
export function isDrawnByProcessor(): boolean {
  answer ??= look();
  return answer;
}

function look(): boolean {
  const context = document.createElement('canvas').getContext('webgl2');
  if (context === null) return true;
  const info = context.getExtension('WEBGL_debug_renderer_info');
  const renderer: unknown = context.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : context.RENDERER);
  // Browsers allow few contexts at once.
  context.getExtension('WEBGL_lose_context')?.loseContext();
  return typeof renderer === 'string' && isProcessorRenderer(renderer);
}
