import type { Sentences } from '../sentence-translator.ts';

/** Of the window. */
export const renderer: Sentences = {
  'It was cancelled.': '已取消。',
  'The VM took too long to answer. Try again when it is less busy.': '虚拟机太久没有应答。请在其不那么忙时重试。',
  'It failed in the VM.': '在虚拟机中失败了。',
  'The VM says “{v1}”.': '虚拟机说“{v1}”。',
  '{v1} has no machine now. Launch it first.': '{v1} 目前没有虚拟机在运行。请先启动它。',
  '{v1} ended while it was being saved.': '{v1} 在保存时结束了。',
  'The VM was not connected to Terrarium within ten seconds. Nothing saved was changed; launch it again.':
    '虚拟机未能在十秒内连接到 Terrarium。已保存的内容没有变化；请重新启动它。',
  '{name} has switched itself off, so there is nothing to go on from. Choose “Shut down”, then launch it again.':
    '{name} 已自行关机，因此无法继续。请选择“关机”，然后重新启动它。',
  '{v1} is busy. Wait until it is done, then try again.': '{v1} 正忙。请等待其完成后重试。',
  '{SNAPSHOTS_WAITING_MAX} snapshots of this VM are waiting already. “{name}” was not taken; try again when they are there.':
    '此虚拟机已有 {SNAPSHOTS_WAITING_MAX} 个快照在等待。未拍摄“{name}”；请在它们完成后重试。',
  'The machine did not start within {v1} seconds and was ended. Nothing saved was changed; launch it again.':
    '虚拟机在 {v1} 秒内没有启动，已被结束。已保存的内容没有变化；请重新启动它。',
  '{name} is not running. Launch or resume it, then try again.': '{name} 未在运行。请启动或继续运行它，然后重试。',
  "The VM's worker sent something that could not be read.": '虚拟机的工作线程发送了无法读取的内容。',
  'What is damaged could not be found out: {message}': '无法查明何处损坏：{message}',
};
