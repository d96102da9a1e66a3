import type { DirectoryData, DirectoryDepartment, DirectoryUser } from './directory-data.ts';

/**
 * The company that comes with the simulator: made-up people in nested departments, with mobiles from a block that no
 * carrier hands out in sequence (13800001xxx). Sample configuration and tests may rely on every id in here.
 */
const departments: readonly DirectoryDepartment[] = [
  { id: 1, name: '云帆零售', parent: null },
  { id: 4417001, name: '总经办', parent: 1 },
  { id: 4417010, name: '产品技术中心', parent: 1 },
  { id: 4417011, name: '平台研发部', parent: 4417010 },
  { id: 4417012, name: '基础架构组', parent: 4417011 },
  { id: 4417013, name: '质量保障部', parent: 4417010 },
  { id: 4417020, name: '交易运营中心', parent: 1 },
  { id: 4417021, name: '客户服务部', parent: 4417020 },
  { id: 4417022, name: '售后组', parent: 4417021 },
  { id: 4417023, name: '财务部', parent: 4417020 },
  { id: 4417024, name: '结算组', parent: 4417023 },
  { id: 4417025, name: '仓储物流部', parent: 4417020 },
  { id: 4417030, name: '人力行政部', parent: 1 },
];

/** userid, name, last three digits of the mobile, department, title; a trailing `-` marks somebody who has left. */
const people: readonly (readonly [string, string, string, number, string])[] = [
  ['chenyifan', '陈一帆', '001', 4417001, '总经理'],
  ['linjing', '林静', '002', 4417001, '总经理助理'],
  ['zhangsan', '张三', '101', 4417023, '财务经理'],
  ['lisi', '李四', '102', 4417023, '会计'],
  ['wangwu', '王五', '103', 4417024, '结算专员'],
  ['zhaoliu', '赵六', '104', 4417024, '结算专员'],
  ['sunqi', '孙琪', '105', 4417023, '出纳'],
  ['zhouba', '周岚', '106', 4417024, '结算主管'],
  ['wujiu', '吴久', '201', 4417021, '客服主管'],
  ['zhengshi', '郑石', '202', 4417021, '客服专员'],
  ['fengyan', '冯燕', '203', 4417022, '售后专员'],
  ['chuwei', '褚伟', '204', 4417022, '售后专员'],
  ['weilan', '卫兰', '205', 4417022, '售后组长'],
  ['jiangtao', '蒋涛', '206', 4417021, '客服专员'],
  ['shenyue', '沈月', '301', 4417025, '仓储经理'],
  ['hanbing', '韩冰', '302', 4417025, '调度员'],
  ['yangyang', '杨洋', '303', 4417025, '仓管员'],
  ['zhuming', '朱明', '304', 4417025, '仓管员'],
  ['qinlan', '秦岚', '401', 4417011, '研发经理'],
  ['youjia', '尤佳', '402', 4417011, '后端工程师'],
  ['xubo', '许博', '403', 4417011, '前端工程师'],
  ['hechao', '何超', '404', 4417012, '架构师'],
  ['lvxin', '吕鑫', '405', 4417012, '运维工程师'],
  ['shiyu', '施羽', '406', 4417012, '运维工程师'],
  ['zhangwei', '张伟', '407', 4417011, '后端工程师'],
  ['kongfan', '孔凡', '408', 4417011, '后端工程师'],
  ['caoyi', '曹毅', '409', 4417013, '测试经理'],
  ['yanhong', '严红', '410', 4417013, '测试工程师'],
  ['huaqiang', '华强', '411', 4417013, '测试工程师'],
  ['jinxing', '金星', '501', 4417030, '人力经理'],
  ['weijie', '魏洁', '502', 4417030, '招聘专员'],
  ['taoran', '陶然', '503', 4417030, '行政专员'],
  ['jiangnan', '姜楠', '504', 4417030, '行政专员'],
  ['qiyue', '戚悦', '601', 4417010, '技术总监'],
  ['xieyi', '谢意', '602', 4417010, '产品经理'],
  ['zouhui', '邹慧', '603', 4417010, '产品经理'],
  ['yushan', '喻珊', '604', 4417010, '设计师'],
  ['baihe', '柏禾', '701', 4417020, '运营总监'],
  ['shuixin', '水心', '702', 4417020, '运营专员'],
  ['manager4220', '窦明', '703', 4417020, '运营经理'],
  ['dingli-', '丁立', '801', 4417011, '后端工程师'],
  ['tangmei-', '唐梅', '802', 4417023, '会计'],
];

function person([id, name, digits, department, title]: (typeof people)[number]): DirectoryUser {
  const active = !id.endsWith('-');
  return {
    userid: active ? id : id.slice(0, -1),
    name,
    mobile: `13800001${digits}`,
    departments: [department],
    active,
    title,
  };
}

const allPermissions = ['qyapi_base', 'qyapi_get_member_by_mobile', 'legacy_get_by_mobile'];

export const defaultDirectory: DirectoryData = {
  company: { corpId: 'dingsimulatorcorp', name: '云帆零售' },
  departments,
  users: people.map(person),
  apps: [
    {
      name: 'default',
      title: '业务通知',
      appKey: 'dingsimulatorkey',
      appSecret: 'simulator-secret',
      agentId: 836390886,
      permissions: allPermissions,
      scope: null,
      ipWhitelist: null,
    },
    {
      name: 'ops',
      title: '运维助手',
      appKey: 'dingsimulatorops',
      appSecret: 'simulator-ops-secret',
      agentId: 836390887,
      permissions: allPermissions,
      scope: null,
      ipWhitelist: null,
    },
    {
      name: 'finance',
      title: '财务助手',
      appKey: 'dingsimulatorfinance',
      appSecret: 'simulator-finance-secret',
      agentId: 836390888,
      // An app as it is created today: the legacy lookup can no longer be applied for (K1463).
      permissions: ['qyapi_base', 'qyapi_get_member_by_mobile'],
      scope: { departments: [4417023], userids: ['chenyifan'] },
      ipWhitelist: null,
    },
  ],
  // The media ids of the documentation's samples, so that those samples can be sent as they stand.
  media: [
    { id: '@lADOADmaWMzazQKA', type: 'image' },
    { id: '@lALOACZwe2Rk', type: 'image' },
    { id: '@lADOdvRYes0CbM0CbA', type: 'image' },
    { id: '@lAvoiceOfTheSample', type: 'voice' },
    { id: '@lAfileOfTheSample', type: 'file' },
  ],
};
