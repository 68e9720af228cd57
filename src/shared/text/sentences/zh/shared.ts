import type { Sentences } from '../sentence-translator.ts';

/** Of what all share. */
export const shared: Sentences = {
  'The transfer was cancelled.': '传输已取消。',
  'The connection to the library closed. Nothing saved before was changed; try again.':
    '与库的连接已关闭。之前保存的内容没有变化；请重试。',
  'The library answered with an unexpected “{t}”.': '库以意外的“{t}”应答。',
  'The {kind} did not have the size that was announced for it.': '{kind}的大小与所报的不符。',
  'The reader went away.': '读取方已离开。',
  'Too many transfers are open at once for this VM.': '此虚拟机同时打开的传输太多。',
  'The reader cancelled.': '读取方已取消。',
  'The plan for loading a state is broken. It was not loaded.': '载入状态的方案有误。未载入。',
  '“{v1}” is not the id of a {kind}.': '“{v1}”不是{kind}的 id。',
  '{a} needs a name.': '{a}需要名称。',
  '{a} name can have up to {NAME_MAX_CHARACTERS} characters; this one has {length}. Shorten it and try again.':
    '{a}名称最多可有 {NAME_MAX_CHARACTERS} 个字符；此名称有 {length} 个。请缩短后重试。',
  '{a} name cannot contain “/” or “\\”. Use another character.': '{a}名称不能包含“/”或“\\”。请使用其他字符。',
  '{a} name cannot contain line breaks or invisible characters.': '{a}名称不能包含换行或不可见字符。',
  'A note can have up to {NOTE_MAX_CHARACTERS} characters; this one has {length}. Shorten it and try again.':
    '备注最多可有 {NOTE_MAX_CHARACTERS} 个字符；此备注有 {length} 个。请缩短后重试。',
  'A note cannot contain invisible characters.': '备注不能包含不可见字符。',
  'A tag needs at least one character.': '标签至少需要一个字符。',
  'A tag can have up to {TAG_MAX_CHARACTERS} characters; “{v1}” has {length}. Shorten it and try again.':
    '标签最多可有 {TAG_MAX_CHARACTERS} 个字符；“{v1}”有 {length} 个。请缩短后重试。',
  'A tag cannot contain line breaks or invisible characters.': '标签不能包含换行或不可见字符。',
  'A {what} can have up to {TAGS_MAX} tags; these are {size}. Leave some out.':
    '一个{what}最多可有 {TAGS_MAX} 个标签；这里有 {size} 个。请去掉一些。',
  'Memory must be a whole number from {MEMORY_MIN_MIB} to {MEMORY_MAX_MIB} MiB; {value} is not. The emulated machine cannot address more.':
    '内存必须是 {MEMORY_MIN_MIB} 到 {MEMORY_MAX_MIB} MiB 之间的整数；{value} 不符合。模拟的机器无法寻址更多。',
  'A LAN’s name is made of lower-case letters, digits and hyphens.': '局域网的名称由小写字母、数字和连字符组成。',
  'This state cannot be restored here: {v1}.': '无法在此还原该状态：{v1}。',
  'The VM {v1}, so it cannot be {v2} now.': '虚拟机{v1}，因此现在无法{v2}。',
  'Something went wrong inside Terrarium: {message}': 'Terrarium 内部出了问题：{message}',
  'it belongs to image {imageId}, this VM uses {imageId}': '它属于镜像 {imageId}，而此虚拟机使用 {imageId}',
  'it has {memoryMib} MiB of memory, this VM has {memoryMib} MiB':
    '它有 {memoryMib} MiB 内存，而此虚拟机有 {memoryMib} MiB',
  'it has {vgaMemoryMib} MiB of video memory, this VM has {vgaMemoryMib} MiB':
    '它有 {vgaMemoryMib} MiB 显存，而此虚拟机有 {vgaMemoryMib} MiB',
  'it expects {v1}, which this VM lacks': '它需要 {v1}，而此虚拟机没有',
  'this VM has {v1}, which it lacks': '此虚拟机有 {v1}，而它没有',
  'is stopped': '已停止',
  'is still starting': '仍在启动',
  'is running': '正在运行',
  'is being paused': '正在暂停',
  'is paused': '已暂停',
  'is being snapshotted': '正在拍摄快照',
  'is being restored': '正在还原',
  'is being stopped': '正在停止',
  'has failed': '已失败',
  'marked as started': '标记为已启动',
  'marked as paused': '标记为已暂停',
  'marked as snapshotted': '标记为已拍摄快照',
  'marked as stopped': '标记为已停止',
  'marked as failed': '标记为已失败',
  'A VM': '虚拟机',
  'A snapshot': '快照',
  'An image': '镜像',
};
