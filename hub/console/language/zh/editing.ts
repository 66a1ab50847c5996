import type { editing as english } from '../en/editing.ts'
import { formatCount, type Translated } from '../chosen.ts'

const roles = { cashier: '收银员', supervisor: '主管', manager: '经理' } as const
const roleOf = (role: keyof typeof roles | undefined): string => (role === undefined ? '' : roles[role])

export const editing: Translated<typeof english> = {
  products: '商品',
  search: '按名称、类别或编号搜索',
  none: '没有这样的商品。',
  more: '还有更多：请缩小搜索范围。',
  edit: (name) => `编辑 ${name}`,
  add: '添加商品',
  addTitle: '新商品',
  fields: { gtin: '编号（GTIN）', name: '名称', category: '类别', price: '价格', tax: '税率（百分比）' },
  save: '保存到所有收银机',
  saving: '正在保存',
  cancel: '取消',
  remove: '从目录中移除',
  applied: (version) => `已保存。收银机现在会收到第 ${formatCount(version)} 版。`,
  bad: (field, value, say) => `${field}${value === '' ? '' : `“${value}”`}：${say}`,
  failed: '中心没有回答，什么都没有改变。',
  history: '谁改了什么',
  noHistory: '还没有人改过。',
  empty: '（无）',
  names: { name: '名称', category: '类别', price: '价格', tax: '税率' },
  catalogue: (what, { added, changed, gone }) =>
    `${what === 'file' ? '文件' : '商品'}：${[
      [added, '新增'],
      [changed, '更改'],
      [gone, '移除'],
    ]
      .filter(([count]) => count !== 0)
      .map(([count, word]) => `${formatCount(Number(count))} ${word}`)
      .join('，')}`,
  by: (by, version) => `由 ${by}，第 ${formatCount(version)} 版`,
  staff: (what, name, before, after) =>
    ({
      add: `${name} 被添加为${roleOf(after)}`,
      pin: `${name} 换了 PIN`,
      badge: `${name} 换了工牌`,
      role: `${name}：${roleOf(before)} → ${roleOf(after)}`,
      retire: `${name} 离职（${roleOf(before)}）`,
    })[what],
  whom: (by) => `由 ${by}`,
}
