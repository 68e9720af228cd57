import { describe, expect, it } from 'vitest';
import { isProcessorRenderer } from './graphics-card.ts';

describe('isProcessorRenderer', () => {
  it.each([
    'ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero) (0x0000C0DE)), SwiftShader driver)',
    'ANGLE (Mesa, llvmpipe (LLVM 15.0.7, 256 bits), OpenGL 4.5)',
    'ANGLE (Microsoft, Microsoft Basic Render Driver (0x0000008C) Direct3D11 vs_5_0 ps_5_0, D3D11)',
  ])('knows %s', (renderer) => {
    expect(isProcessorRenderer(renderer)).toBe(true);
  });

  it.each([
    'ANGLE (Intel, Mesa Intel(R) UHD Graphics 620 (KBL GT2), OpenGL 4.6)',
    'ANGLE (Apple, ANGLE Metal Renderer: Apple M2, Unspecified Version)',
  ])('leaves %s to draw', (renderer) => {
    expect(isProcessorRenderer(renderer)).toBe(false);
  });
});
