/** Keep equal to docker-compose.yml. */
export const images = {
  kafka: 'apache/kafka:4.1.1',
  redis: 'redis:7.4-bookworm',
};
