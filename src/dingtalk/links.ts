/**
 * Addresses that DingTalk's own clients understand, for the URL fields of messages.
 * Source: "消息链接说明" (K776).
 */

/** Opens a page in the side panel of the desktop client (`sidePanel`), or in the system's browser. */
export function pageLink(url: string, options: { readonly sidePanel: boolean }): string {
  return `dingtalk://dingtalkclient/page/link?url=${encodeURIComponent(url)}&pc_slide=${options.sidePanel}`;
}

/** Opens a page of an app inside the workbench of the desktop client. */
export function workbenchLink(
  url: string,
  app: { readonly corpId: string; readonly agentId: number },
): string {
  const query = [
    `corpid=${encodeURIComponent(app.corpId)}`,
    'container_type=work_platform',
    `app_id=0_${app.agentId}`,
    'redirect_type=jump',
    `redirect_url=${encodeURIComponent(url)}`,
  ];
  return `dingtalk://dingtalkclient/action/openapp?${query.join('&')}`;
}

/** Opens a page of the mini program that sends the message, `pages/index/index` with its query. */
export function miniProgramLink(page: string, query: Readonly<Record<string, string>> = {}): string {
  const text = Object.entries(query).map(
    ([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`,
  );
  return `eapp://${page}${text.length === 0 ? '' : `?${text.join('&')}`}`;
}
