import type { Sentences } from '../sentence-translator.ts';

/** Of the app. */
export const main: Sentences = {
  'This is no Terrarium link.': '这不是 Terrarium 链接。',
  'This link asks for something that links cannot do. They can open a VM or fork a snapshot. Nothing was done.':
    '此链接要求的操作是链接做不到的。链接可以打开虚拟机或派生快照。未执行任何操作。',
  'This link is not complete: it should end in “?{parameter}=NAME”. Nothing was done.':
    '此链接不完整：它应以“?{parameter}=名称”结尾。未执行任何操作。',
  'This link has no proper name in it. Nothing was done.': '此链接中没有合适的名称。未执行任何操作。',
  '“{name}” exists already under too many names. Choose another folder.':
    '“{name}”已以太多名称存在。请另选一个文件夹。',
  'The files were not copied out': '未能复制出文件',
  "More than {v1} MiB cannot be dragged out. Choose “Save out…” in the file's menu instead.":
    '无法拖出超过 {v1} MiB 的内容。请改用文件菜单中的“另存到本机…”。',
  'The copy that was to be dragged is not there any more. Drag the file again.':
    '要拖出的副本已不存在。请重新拖动该文件。',
  'That folder was not chosen in this window. Choose it again.': '该文件夹不是在此窗口中选择的。请重新选择。',
  'That file was chosen too long ago. Choose it again.': '该文件选择的时间太久。请重新选择。',
  '“{hostAddress}” is no address of this computer. Nothing was changed.':
    '“{hostAddress}”不是本机的地址。未作任何更改。',
  'Two forwards want {v1} port {hostPort} of this computer. Nothing was changed; choose another port for one.':
    '有两个转发要使用本机的 {v1} 端口 {hostPort}。未作任何更改；请为其中一个另选端口。',
  'An image is being built already. Wait for it or cancel it first.': '正在构建一个镜像。请先等待其完成或取消它。',
  'The image builder ended unexpectedly (code {code}). Nothing was added; try again, it continues from what was downloaded.':
    '镜像构建程序意外结束（代码 {code}）。未添加任何内容；请重试，它会从已下载的内容继续。',
  'Terrarium is already running with this data folder; its window was brought to the front.':
    '已有使用此数据文件夹的 Terrarium 在运行；其窗口已置于前台。',
  'Snapshots are being exported already. Wait until that is done, then try again.':
    '正在导出快照。请等待其完成后重试。',
  'Snapshots are being imported already. Wait until that is done, then try again.':
    '正在导入快照。请等待其完成后重试。',
  'Only files from this computer can be dropped here.': '这里只能拖入本机的文件。',
  'Only web and mail addresses can be opened from a terminal.': '从终端只能打开网页和邮件地址。',
  'An image is being built. Delete this one when it is done.': '正在构建镜像。请在其完成后删除此镜像。',
  '“{v1}” cannot be read. Choose another file.': '无法读取“{v1}”。请另选一个文件。',
  '“{v1}” is no file. Choose a tarball.': '“{v1}”不是文件。请选择一个 tar 包。',
  'That file is not chosen any more. Nothing was imported; choose it again.':
    '该文件已不再是所选文件。未导入任何内容；请重新选择。',
  'The ports were not shared with your network. Nothing was changed.': '端口未共享到您的网络。未作任何更改。',
  'The settings were kept, but they do not apply to the running VM yet: {message}':
    '设置已保留，但尚未应用到运行中的虚拟机：{message}',
  '{vmName} is not running, so there is no traffic to capture.': '{vmName} 未在运行，因此没有可捕获的流量。',
  'This call came from outside of Terrarium and was refused.': '此调用来自 Terrarium 之外，已被拒绝。',
  'The request “{name}” was not understood: {message}.': '无法理解请求“{name}”：{message}。',
  'This is no picture, so nothing was written.': '这不是图片，因此未写入任何内容。',
  'A picture of the screen is saved as .png; nothing was written.': '屏幕图片保存为 .png；未写入任何内容。',
  'There is a “{v1}” already; the picture was not saved.': '已有“{v1}”；图片未保存。',
  'The library is being checked already. Wait for the result.': '正在检查库。请等待结果。',
  'The library is being cleaned up already. Wait until that is done.': '正在清理库。请等待其完成。',
  'The window was closed.': '窗口已关闭。',
  'The VM has no network now, so there is nothing to capture. Try again in a moment.':
    '虚拟机目前没有网络，因此没有可捕获的内容。请稍后重试。',
  'The relay ended after {v1} s and is being started again.': '网络中继在 {v1} 秒后结束，正在重新启动。',
  '“{name}” was not launched: {why}. Suspend one of them, or raise the limit in the settings.':
    '未启动“{name}”：{why}。请挂起其中一台，或在设置中提高限制。',
  '{mismatch} Nothing was changed.': '{mismatch} 未作任何更改。',
  'Base snapshots are made by image builds only.': '基础快照只由镜像构建生成。',
  'In settings.json {v1} cannot be used as written. The defaults are used instead; choose anew in Settings.':
    'settings.json 中的 {v1} 无法按所写的使用。现使用默认值；请在“设置”中重新选择。',
  'The settings file could not be read, and not be set aside. The defaults are used until {v1} is removed.':
    '无法读取设置文件，也无法将其移开。在删除 {v1} 之前使用默认值。',
  'The settings file could not be read. It was set aside as {v1} and the defaults are used.':
    '无法读取设置文件。它已被移开为 {v1}，现使用默认值。',
  'Unpacking the tarball': '正在解包 tar 包',
  'The diagnostics were not saved': '未保存诊断信息',
  'The picture was not saved': '未保存图片',
  'The relay could not be started: {v1}': '无法启动网络中继：{v1}',
  '{name} has no network: {message}': '{name} 没有网络：{message}',
  '{runningCount} VMs are running, and {maxCount} may': '已有 {runningCount} 台虚拟机在运行，最多可有 {maxCount} 台',
  'the running VMs would take {wouldTakeMib} MiB of memory together, and may take {maxMib} MiB':
    '运行中的虚拟机总共将占用 {wouldTakeMib} MiB 内存，而最多可占用 {maxMib} MiB',
  'The setting was not saved': '未保存设置',
  'The layout of the terminals could not be read': '无法读取终端布局',
  'The layout of the terminals was not saved': '未保存终端布局',
};
