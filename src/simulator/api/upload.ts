import { mediaLimits, type MediaType } from '../../dingtalk/limits.ts';
import { apiRefusal, success } from '../answer.ts';
import type { AppCall, HandlerResult } from '../world.ts';

/** The file part of an upload, measured while it streamed by. */
export interface UploadedFile {
  readonly fileName: string;
  readonly bytes: number;
  readonly sha256: string;
  /** The whole content when it is small enough to be shown, else null. */
  readonly content: Buffer | null;
}

/** POST /media/upload (K646): the file part is `media`, `type` stands in the form or the query. */
export function upload(call: AppCall): HandlerResult {
  const { values, query, world, now, multipart } = call;
  const given = query.get('type') ?? values['type'];
  const type = mediaTypes.find((known) => known === given);
  if (type === undefined) {
    return apiRefusal(
      40004,
      '不合法的媒体文件类型',
      'parameter',
      'type is none of image, voice, video, file',
    );
  }
  const file = values['media'];
  if (!multipart)
    return apiRefusal(43008, '参数需要multipart类型', 'encoding', 'the body is no multipart form');
  if (!isUploadedFile(file)) return apiRefusal(41005, '缺少多媒体文件数据', 'parameter', 'media is no file');
  if (file.fileName === '') return apiRefusal(40035, '不合法的参数', 'parameter', 'media has no file name');
  const { maxBytes, formats } = mediaLimits[type];
  if (file.bytes > maxBytes) {
    const detail = `a ${type} of ${file.bytes} bytes, ${maxBytes} are allowed`;
    return apiRefusal(40006, '不合法的文件大小', 'parameter', detail);
  }
  if (file.bytes === 0) return apiRefusal(44001, '多媒体文件为空', 'parameter', 'the file is empty');
  const extension = file.fileName.slice(file.fileName.lastIndexOf('.') + 1).toLowerCase();
  // The list names jpg; jpeg is the same format by another name.
  if (!formats.includes(extension === 'jpeg' ? 'jpg' : extension)) {
    const detail = `a ${type} may be ${formats.join(', ')}, not .${extension.slice(0, 20)}`;
    return apiRefusal(40005, '不合法的文件类型', 'parameter', detail);
  }
  const { fileName, bytes, sha256 } = file;
  const content = type === 'image' ? file.content : null;
  const medium = world.media.add({ type, fileName, bytes, sha256, content, createdAt: now });
  world.revision++;
  const fields = `"type":"${type}","media_id":${JSON.stringify(medium.id)},"created_at":${now}`;
  return success(fields, call.requestId);
}

const mediaTypes = Object.keys(mediaLimits) as MediaType[];

export function isUploadedFile(value: unknown): value is UploadedFile {
  return typeof value === 'object' && value !== null && 'sha256' in value;
}
