import '@fontsource-variable/inter/wght.css';
import '@fontsource/jetbrains-mono/400.css';
import '@fontsource/jetbrains-mono/700.css';
import '@xterm/xterm/css/xterm.css';
import './ui/tokens.css';
import './ui/base.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { createApp } from './app/create-app.ts';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no element #app.');

// xterm measures its font once; with the font loaded first, its grid is right from the first frame.
await Promise.all(['400', '700'].map((weight) => document.fonts.load(`${weight} 14px 'JetBrains Mono'`)));

if (location.hash === '#design') {
  // Only for whoever works on the page, so it is no part of what everybody loads.
  const { default: DesignPage } = await import('./ui/design/DesignPage.svelte');
  mount(DesignPage, { target });
} else {
  const { app, load } = createApp(window);
  mount(App, { target, props: { app, load } });
  await load();
}
