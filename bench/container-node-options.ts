/** Node options of the container images, with the percentage of the memory that a container has (docker-compose.yml). */
export const containerNodeOptions = `--max-old-space-size=${String(Math.floor(0.4 * 512))} --max-semi-space-size=8`;
