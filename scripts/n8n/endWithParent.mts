/**
 * Loaded into n8n by `process.mts` (`node --import`): when the process that started n8n has gone,
 * however it went, n8n stops too. The IPC channel closes by itself then.
 */
process.on('disconnect', () => {
	process.kill(process.pid, 'SIGTERM');
	setTimeout(() => process.exit(1), 20_000).unref();
});
