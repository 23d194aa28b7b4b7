import { type PartitionerArgs, Partitioners } from 'kafkajs';

const seed = 0x9747b28c;
const m = 0x5bd1e995;

/**
 * The partition of a key, as the Java client assigns it, so that all producers agree.
 * Same result as kafkajs's DefaultPartitioner, which emulates 64-bit numbers and is several times slower.
 */
export function partitionOf(key: Buffer | string, partitions: number): number {
  return (murmur2(typeof key === 'string' ? Buffer.from(key) : key) & 0x7fffffff) % partitions;
}

/**
 * Returns the partition set in the record, else that of its key, else the next one that is not avoided.
 *
 * @param isAvoided whether records without a key should avoid this partition; ignored if all partitions are avoided
 */
export function keyPartitioner(
  isAvoided: (partition: number) => boolean = () => false,
): (args: PartitionerArgs) => number {
  const withoutKey = Partitioners.DefaultPartitioner();
  return (args) => {
    const { partitionMetadata, message } = args;
    const { key, partition } = message;
    if (partition !== undefined) return partition;
    if (key !== null && key !== undefined) return partitionOf(key, partitionMetadata.length);
    const usable = partitionMetadata.filter(({ partitionId }) => !isAvoided(partitionId));
    return withoutKey(usable.length === 0 ? args : { ...args, partitionMetadata: usable });
  };
}

/** 32-bit MurmurHash2, as in org.apache.kafka.common.utils.Utils. */
function murmur2(data: Buffer): number {
  const whole = data.length & ~3;
  let h = seed ^ data.length;
  for (let i = 0; i < whole; i += 4) {
    let k = Math.imul(data.readInt32LE(i), m);
    k = Math.imul(k ^ (k >>> 24), m);
    h = Math.imul(h, m) ^ k;
  }
  const rest = data.length - whole;
  if (rest > 0) {
    for (let i = 0; i < rest; i++) h ^= data.readUInt8(whole + i) << (8 * i);
    h = Math.imul(h, m);
  }
  h = Math.imul(h ^ (h >>> 13), m);
  return h ^ (h >>> 15);
}
