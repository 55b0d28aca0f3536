export interface Package {
  version?: string;
  integrity?: string;
  link?: boolean;
  optional?: boolean;
  devOptional?: boolean;
}

export function isInstalled(checkout: string, lock: string): boolean;
export function covers(
  installed: Record<string, Package | undefined>,
  wanted: Record<string, Package>,
): boolean;
