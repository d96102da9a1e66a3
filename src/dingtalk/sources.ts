export interface Source {
  readonly key: string;
  readonly title: string;
  readonly url: string;
}

function page(key: string, slug: string, title: string): Source {
  return { key, title, url: `https://open.dingtalk.com/document/development/${slug}` };
}

/** The keys that limits and codes name as their source. */
export const sources: readonly Source[] = [
  page('K12', 'call-frequency-limit', '调用频率限制'),
  page('K13', 'server-api-error-codes-1', '全局错误码'),
  page('K33', 'obtain-the-access-token-of-an-internal-app', '获取企业内部应用的accessToken'),
  page('K37', 'api-gettoken', '获取应用的 Access Token'),
  page('K63', 'query-users-by-phone-number', '根据手机号查询用户'),
  page('K117', 'obtain-the-userid-of-your-mobile-phone-number', '根据手机号查询企业账号用户'),
  page('K646', 'upload-media-files', '上传媒体文件'),
  page('K768', 'work-notice-option', '发送、查询、撤回工作通知'),
  page('K769', 'asynchronous-sending-of-enterprise-session-messages', '发送工作通知'),
  page('K770', 'notification-of-work-withdrawal', '撤回工作通知消息'),
  page('K771', 'update-work-notification-status-bar', '更新工作通知状态栏'),
  page(
    'K772',
    'obtain-the-sending-progress-of-asynchronous-sending-of-enterprise-session',
    '获取工作通知消息的发送进度',
  ),
  page(
    'K773',
    'gets-the-result-of-sending-messages-asynchronously-to-the-enterprise',
    '获取工作通知消息的发送结果',
  ),
  page('K775', 'message-types-and-data-format', '消息通知类型'),
  page('K776', 'message-link-description', '消息链接说明'),
  page('K791', 'faq-robot', '常见问题'),
  page('K1431', 'dingtalk-application-development-platform-billing-model', '计费模型说明'),
  page('K1432', 'basic-interfaces-such-as-log-off-and-address-book', '不纳入调用量限制的接口清单'),
  page('K1433', 'how-to-process-api-throttling-on-the-dingtalk-server', '调用频次与限流'),
  page('K1444', 'obtain-orgapp-token', '获取企业内部应用的access_token'),
  page('K1463', 'retrieve-userid-from-mobile-phone-number', '根据手机号查询用户（旧版）'),
  {
    key: 'JSDK',
    title: 'the official Java SDK of 2021, comments of its request classes',
    url: 'https://github.com/opendingtalk/alibaba-dingtalk-service-sdk',
  },
  {
    key: 'BRICK',
    title: 'a public client that tells what it was answered live',
    url: 'https://github.com/brickKit/integration-im-dingtalk',
  },
  {
    key: 'PROBE',
    title: 'answers of the live service to calls without credentials, published 2026-09-11',
    url: 'https://oapi.dingtalk.com/gettoken',
  },
  {
    key: 'hhyo/Archery#836',
    title: 'an empty userid_list',
    url: 'https://github.com/hhyo/Archery/issues/836',
  },
  {
    key: 'mingyoung/dingtalk#79',
    title: 'msg not encoded as JSON in a form',
    url: 'https://github.com/mingyoung/dingtalk/issues/79',
  },
  {
    key: '007gzs/dingtalk-sdk#39',
    title: 'to_all_user in a form',
    url: 'https://github.com/007gzs/dingtalk-sdk/issues/39',
  },
  {
    key: 'node-dingtalk#32',
    title: 'a throttled client',
    url: 'https://github.com/ali-sdk/node-dingtalk/issues/32',
  },
];
