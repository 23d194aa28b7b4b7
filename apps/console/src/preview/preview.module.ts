import { Module } from '@nestjs/common';
import { PreviewController } from './preview.controller';

/** Shows what events would become with settings that are not saved. */
@Module({ controllers: [PreviewController] })
export class PreviewModule {}
