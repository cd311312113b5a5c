export function packageCounter(folder: string): () => string;

export function showProgress(
	howFar?: () => string,
	stream?: Pick<NodeJS.WriteStream, 'isTTY' | 'write'>,
): () => void;
