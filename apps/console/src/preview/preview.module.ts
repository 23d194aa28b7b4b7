import { Module } from '@nestjs/common';
import { PreviewController } from './preview.controller';
import { PreviewEvents } from './preview-events';

/** Shows what events would become with settings that are not saved. */
@Module({ controllers: [PreviewController], providers: [PreviewEvents] })
export class PreviewModule {}
